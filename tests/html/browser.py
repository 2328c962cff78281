# SPDX-License-Identifier: BSD-2-Clause
"""A report in headless Chromium, and how a test speaks of it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77


def skip(reason):
    """As the other tests do: ./test prints the reasons of all that were skipped."""
    print(f"shmpath test skipped: {reason}")
    if "SHMPATH_SKIP_LOG" in os.environ:
        with open(os.environ["SHMPATH_SKIP_LOG"], "a", encoding="utf-8") as log:
            print(f"the report in a browser: {reason}", file=log)
    sys.exit(SKIPPED)


try:
    from selenium import webdriver
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    skip("needs the package python3-selenium")

CHROMIUM, DRIVER = pathlib.Path("/usr/bin/chromium"), pathlib.Path("/usr/bin/chromedriver")
WAIT_S = 30


def start_browser():
    options = Options()
    options.binary_location = str(CHROMIUM)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--no-first-run", "--disable-component-update", "--disable-background-networking"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    browser.set_window_size(1280, 800)
    return browser


def need_browser():
    for needed in (CHROMIUM, DRIVER):
        if not needed.exists():
            skip(f"needs {needed} (packages chromium, chromium-driver)")


class Page(unittest.TestCase):
    """One browser for all tests; each opens the report that it names. `build` is the build folder."""

    build = pathlib.Path("build")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="shmpath-report-")
        cls.browser = start_browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()
        cls.folder.cleanup()

    def setUp(self):
        for log in ("browser", "performance"):
            self.browser.get_log(log)

    def tearDown(self):
        self.assertEqual(self.console(), [])
        self.assertEqual(self.requests(), [])

    def open(self, what):
        file = pathlib.Path(self.folder.name) / f"{what}.html"
        if not file.exists():
            with open(file, "wb") as out:
                subprocess.run([self.build / "tests" / "make_report", what, self.build / "labs"], stdout=out,
                               check=True)
        return self.open_file(file)

    def open_file(self, file):
        begin = time.monotonic()
        self.browser.get(file.as_uri())
        WebDriverWait(self.browser, WAIT_S).until(
            lambda b: b.execute_script("return document.documentElement.dataset.ready === 'yes'"))
        return time.monotonic() - begin

    def console(self):
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self):
        """What the page asked of anything but files and itself."""
        asked = []
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    asked.append(url)
        return asked

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def text(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector).text

    def click(self, selector):
        self.browser.find_element(By.CSS_SELECTOR, selector).click()

    def press(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)

    def soon(self, condition):
        WebDriverWait(self.browser, WAIT_S).until(lambda _: condition())

    def click_row(self, name):
        """Clicks the middle of the first bar or mark of that name, where it is drawn."""
        x, y = self.js("""
          const row = [...Array(COUNT).keys()].find((i) => nameOf(i) === arguments[0]);
          reveal(row);
          const line = lineOf(row), left = toX(starts()[row]);
          const right = rows.kind[row] === POINT ? left + 10 : toX(ends()[row]);
          return [(left + right) / 2, line.y - $('lanes').scrollTop + 9];""", name)
        canvas = self.browser.find_element(By.ID, "canvas")
        ActionChains(self.browser).move_to_element_with_offset(
            canvas, x - canvas.size["width"] / 2, y - canvas.size["height"] / 2).click().perform()

    def choose_step(self, text):
        for chip in self.browser.find_elements(By.CSS_SELECTOR, "#steps button"):
            if text in chip.text:
                self.js("arguments[0].scrollIntoView({inline: 'center'})", chip)
                chip.click()
                return
        self.fail(f"no step {text}")

    def frames(self):
        return dict(self.js("return [...document.querySelectorAll('#picture g.frame')]"
                            ".map((f) => [f.dataset.pfn, f.getAttribute('aria-label')])"))

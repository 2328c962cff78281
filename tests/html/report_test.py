#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Opens HTML reports in headless Chromium and uses them as a reader does.

    tests/html/report_test.py BUILD [TEST...]

Skipped (77), with the reason, where Chromium or Selenium is not installed.
"""
import base64
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
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    skip("needs the package python3-selenium")

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
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


class Report(unittest.TestCase):
    """One browser for all; each test opens the report that it names."""

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

    # --- what the tests speak

    def open(self, what):
        file = pathlib.Path(self.folder.name) / f"{what}.html"
        if not file.exists():
            with open(file, "wb") as out:
                subprocess.run([BUILD / "tests" / "make_report", what, BUILD / "labs"], stdout=out,
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

    # --- the tests

    def test_click_on_a_call_tells_all_of_it(self):
        self.open("small")
        self.click_row("openat")
        panel = self.text("#details")
        for wanted in ("openat", "/dev/shm/shmtest", "O_RDWR|O_NOFOLLOW|O_CLOEXEC", "fs/open.c",
                       "create the object", "shm_open", "C04"):
            self.assertIn(wanted, panel)
        self.assertNotIn("munmap", panel)

    def test_click_on_a_point_shows_its_stack_and_a_function_in_it(self):
        self.open("small")
        self.click_row("mm_page_alloc")
        self.assertIn("4711", self.text("#details"))
        self.js("[...document.querySelectorAll('#details .stack button')]"
                ".find((b) => b.textContent === 'shmem_fault').click()")
        self.assertIn("mm/shmem.c", self.text("#details"))

    def test_the_table_says_what_was_seen_and_its_rows_select_it(self):
        self.open("small")
        self.click("#tab-table")
        status = self.js("return [...document.querySelectorAll('#table tbody tr')].filter((r) => r.cells.length > 1)"
                         ".map((r) => [r.cells[1].textContent, r.cells[2].textContent])")
        self.assertIn(["shm_open", "observed"], status)
        self.assertIn(["openat", "observed"], status)
        self.assertIn(["shm_unlink", "not reached"], status)
        self.js("[...document.querySelectorAll('#table tr.goes')]"
                ".find((r) => r.cells[1].textContent === 'shmem_fault').click()")
        self.soon(lambda: "shmem_fault" in self.text("#details h3"))
        self.assertEqual(self.js("return nameOf(state.row)"), "mm_page_alloc")

    def test_a_step_filters_and_zooms(self):
        self.open("small")
        whole = self.js("return view.b - view.a")
        self.choose_step("store 0x11")
        self.assertLess(self.js("return view.b - view.a"), whole)
        self.click("#tab-events")
        self.soon(lambda: "page_fault_user" in self.text("#events"))
        self.assertNotIn("shm_open", self.text("#events"))
        self.click("#tab-table")
        self.assertIn("posix_shm 6", self.text("#table"))
        self.assertNotIn("posix_shm 1 ", self.text("#table"))

    def test_the_memory_picture_has_the_frames_that_the_trace_has(self):
        self.open("small")
        self.choose_step("map it")
        self.soon(lambda: self.frames() == {})
        self.choose_step("store 0x11")
        self.soon(lambda: list(self.frames()) == ["4711"])
        self.assertIn("inactive_anon", self.frames()["4711"])
        lines = self.js("return [...document.querySelectorAll('#picture path.known, #picture path.deduced')]"
                        ".map((p) => [p.dataset.pfn, p.classList.contains('deduced')])")
        self.assertEqual(sorted(lines), [["4711", False], ["4711", True]])
        pages = self.js("return [...document.querySelectorAll('#picture g.page')].map((p) => p.textContent)")
        self.assertTrue(any("0x7f0000000000" in page for page in pages), pages)
        self.assertTrue(any("0x7f0000005000" in page for page in pages), pages)
        self.choose_step("unmap it")
        self.soon(lambda: not self.browser.find_elements(By.CSS_SELECTOR, "#picture path.known"))

    def test_search_goes_from_hit_to_hit(self):
        self.open("small")
        self.press("/")
        self.press("0x7f0000005000")
        self.soon(lambda: self.text("#found").startswith("1 / 2"))
        self.press(Keys.ENTER)
        self.soon(lambda: self.text("#found") == "2 / 2")
        self.js("$('find').select()")
        self.press("no such thing")
        self.soon(lambda: self.text("#found") == "none")

    def test_keys(self):
        self.open("small")
        self.click("#lanes")
        self.press("j")
        first = self.js("return state.row")
        self.press("j")
        self.assertGreater(self.js("return state.row"), first)
        size = self.js("return view.b - view.a")
        self.press("+")
        self.assertLess(self.js("return view.b - view.a"), size)
        at = self.js("return view.a")
        self.press(Keys.ARROW_RIGHT)
        self.assertGreater(self.js("return view.a"), at)
        self.press("t")
        self.assertEqual(self.js("return state.scale"), "time")
        self.press("]")
        self.assertEqual(self.js("return state.group"), 1)
        self.press("?")
        self.assertTrue(self.js("return $('help').open"))
        self.press(Keys.ESCAPE)
        self.press(Keys.ESCAPE)
        self.assertEqual(self.js("return state.row"), -1)

    def test_light_and_dark(self):
        self.open("small")
        back = "return getComputedStyle(document.body).backgroundColor"
        light = self.js(back)
        self.press("d")
        self.assertNotEqual(self.js(back), light)
        self.press("d")
        self.assertEqual(self.js(back), light)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.open("small")
        self.assertNotEqual(self.js(back), light)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def test_prints_with_table_claims_and_events(self):
        self.open("small")
        pdf = base64.b64decode(self.browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertGreater(len(pdf), 10000)
        self.js("fillPaper()")
        paper = self.js("return $('paper').textContent")
        for wanted in ("shm_open", "C04", "page_fault_user"):
            self.assertIn(wanted, paper)

    def test_a_complete_trace_says_so_and_a_gap_is_prominent(self):
        self.open("small")
        self.assertIn("complete: nothing is missing", self.text("#completeness"))
        self.open("gaps")
        self.assertIn("12 events lost", self.text("#completeness"))
        self.assertIn("bad", self.browser.find_element(By.ID, "completeness").get_attribute("class"))
        self.click("#tab-events")
        self.soon(lambda: "12 events lost here" in self.text("#events"))

    def test_hostile_strings_stay_text(self):
        self.open("hostile")
        self.assertNotIn("taken", self.browser.title)
        self.assertEqual(self.js("return document.querySelectorAll('img').length"), 0)
        self.assertEqual(self.js("return document.querySelectorAll('script').length"), 2)
        self.click_row("shm_open")
        self.assertIn("</script>", self.text("#details"))
        for tab in ("table", "claims", "events"):
            self.click(f"#tab-{tab}")
        self.assertEqual(self.js("return document.querySelectorAll('img').length"), 0)
        self.assertNotIn("taken", self.browser.title)

    def test_the_policy_lets_nothing_be_fetched(self):
        self.open("small")
        self.js("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
        self.soon(lambda: any("Content Security Policy" in line for line in self.console()))
        self.browser.get_log("performance")

    def test_narrow_and_wide_windows_need_no_sideways_scrolling(self):
        for width, height in ((1280, 800), (1920, 1080), (520, 900)):
            self.browser.set_window_size(width, height)
            self.open("small")
            self.assertLessEqual(self.js("return document.documentElement.scrollWidth - innerWidth"), 0, width)
        self.browser.set_window_size(1280, 800)

    def test_a_hundred_thousand_events_open_and_respond(self):
        seconds = self.open("large")
        events = self.js("return DATA.summary.events")
        self.assertGreater(events, 100000)
        begin = time.monotonic()
        frame = self.js("const t = performance.now(); setView(0, LAST_ORDER.value); drawTimeline(pen);"
                        "for (let i = 0; i < 20; i++) { zoom(0.8); drawTimeline(pen); } return (performance.now() - t) / 21")
        self.click("#tab-events")
        self.js("$('events').scrollTop = 1e9")
        self.soon(lambda: "munmap" in self.text("#events"))
        self.js("choose(COUNT - 1)")
        self.soon(lambda: "munmap" in self.js("return callText(state.row)"))
        print(f"{events} events: open in {seconds:.2f} s, {frame:.1f} ms to draw, "
              f"{time.monotonic() - begin:.2f} s to use", file=sys.stderr)


if __name__ == "__main__":
    for needed in (CHROMIUM, DRIVER):
        if not needed.exists():
            skip(f"needs {needed} (packages chromium, chromium-driver)")
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

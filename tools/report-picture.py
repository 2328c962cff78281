#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the picture of docs/report.md from a report.

    shmpath run 04 --place host --view tracepoints --format html -o lab04.html
    tools/report-picture.py lab04.html docs/images/report.png --step "map it once more"

Opens the report in headless Chromium, chooses the step whose text holds TEXT, then the last event NAME
in it, and takes what is to be seen. Needs the packages chromium, chromium-driver and python3-selenium.
"""
import argparse
import pathlib
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

WIDTH, HEIGHT = 1280, 800


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("picture", type=pathlib.Path)
    parser.add_argument("--step", default="")
    parser.add_argument("--row", default="")
    arguments = parser.parse_args()

    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False})
        browser.get(arguments.report.resolve().as_uri())
        if arguments.step:
            browser.execute_script(
                "chooseGroup(groups.find((g) => g.text.includes(arguments[0])).id)", arguments.step)
        if arguments.row:
            browser.execute_script("choose([...Array(COUNT).keys()].filter((row) => isStep(row)"
                                   " && nameOf(row) === arguments[0]).pop())", arguments.row)
        time.sleep(1)  # two frames are enough; this is for slow machines
        browser.save_screenshot(str(arguments.picture))
    finally:
        browser.quit()


if __name__ == "__main__":
    main()

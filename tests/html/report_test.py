#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Opens HTML reports in headless Chromium and uses them as a reader does.

    tests/html/report_test.py BUILD [TEST...]

Skipped (77), with the reason, where Chromium or Selenium is not installed.
"""
import base64
import pathlib
import sys
import time
import unittest

from browser import Page, need_browser  # skips where there is no Selenium

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


class Report(Page):
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
    need_browser()
    Page.build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

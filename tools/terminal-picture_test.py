#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""terminal-picture.py draws what a terminal showed, and nothing that a program smuggled into it."""

import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree as tree

PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "terminal-picture.py")
SVG = "{http://www.w3.org/2000/svg}"


def run(text, *options):
    done = subprocess.run([sys.executable, PICTURE, *options], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class TerminalPicture(unittest.TestCase):
    def texts(self, text, *options):
        """The runs of the picture: (text, attributes), without the title."""
        status, out, err = run(text, *options)
        self.assertEqual(status, 0, err)
        return [(node.text, node.attrib) for node in tree.fromstring(out).iter(SVG + "text")][1:]

    def words(self, text, *options):
        return [word for word, _ in self.texts(text, *options)]

    def test_a_run_stands_at_its_column(self):
        (first, at), (second, then) = self.texts("  ab\x1b[32mcd\x1b[0m\n")
        self.assertEqual((first, second), ("ab", "cd"))
        self.assertAlmostEqual(float(then["x"]) - float(at["x"]), 2 * 7.8, 1)
        self.assertNotEqual(at["fill"], then["fill"])

    def test_a_wide_character_takes_two_columns(self):
        (_, at), (_, then) = self.texts("映射\x1b[32mcd\n")
        self.assertAlmostEqual(float(then["x"]) - float(at["x"]), 4 * 7.8, 1)

    def test_a_style_lasts_over_lines_and_can_be_taken_back(self):
        runs = self.texts("\x1b[1;31mred\nstill\x1b[22;39m not\n")
        self.assertEqual([word for word, _ in runs], ["red", "still", "not"])
        self.assertEqual(runs[0][1]["fill"], runs[1][1]["fill"])
        self.assertEqual([word for word, style in runs if style.get("font-weight") == "bold"], ["red", "still"])
        self.assertNotEqual(runs[2][1]["fill"], runs[0][1]["fill"])

    def test_colours_of_many_do_not_leak_their_numbers(self):
        runs = self.texts("\x1b[38;2;31;1;2mtrue\x1b[0m \x1b[38;5;2mgreen\x1b[0m \x1b[48;5;1mbehind\x1b[38m\n")
        plain = self.texts("a\n")[0][1]["fill"]
        self.assertEqual([style["fill"] == plain for _, style in runs], [True, False, True])
        self.assertFalse(any("font-weight" in style for _, style in runs))

    def test_markup_stays_text(self):
        hostile = '</text><script>alert("1")</script>&amp;'
        status, out, _ = run(hostile, "--title", '"<script>')
        self.assertEqual(status, 0)
        self.assertNotIn("<script", out)
        self.assertEqual(self.words(hostile), [hostile])

    def test_other_escapes_and_control_characters_are_left_out(self):
        self.assertEqual(self.words("a\x1b[2J\x1b]0;title\x07b\x1b]8;;x\x1b\\c\x07\x08\u202ed\x1b\n"), ["a", "b", "cd"])
        self.assertEqual(self.words("\x1b[999999999999;;mx\x1b[?25hy\n"), ["x", "y"])

    def test_invalid_utf8_is_drawn_as_replacement(self):
        done = subprocess.run([sys.executable, PICTURE], input=b"a\xffb\n", stdout=subprocess.PIPE)
        self.assertEqual([node.text for node in tree.fromstring(done.stdout).iter(SVG + "text")][1:], ["a\ufffdb"])

    def test_a_long_line_is_cut_with_a_mark(self):
        self.assertEqual(self.words("abcdef\n", "--columns", "6"), ["abcdef"])
        self.assertEqual(self.words("abcdefg\n", "--columns", "6"), ["abcde", "…"])
        self.assertEqual(self.words("ab\x1b[32mcdefg\n", "--columns", "3"), ["ab", "…"])

    def test_parts_are_kept_in_order_with_a_gap_between(self):
        text = "one\n\x1b[1mtwo\x1b[0m\n\nthree\nfour\ntwo\n"
        self.assertEqual(self.words(text, "--part", "one", "three"), ["one", "two"])
        self.assertEqual(self.words(text, "--part", "one", "two", "--part", "four", ""), ["one", "⋮", "four", "two"])

    def test_a_part_that_is_not_there_is_refused(self):
        for part in (("five", ""), ("one", "five"), ("four", "three")):
            status, out, err = run("one\nthree\nfour\n", "--part", *part)
            self.assertEqual((status, out), (1, ""))
            self.assertIn("name another part", err)


if __name__ == "__main__":
    unittest.main()

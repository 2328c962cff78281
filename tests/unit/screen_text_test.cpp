// SPDX-License-Identifier: BSD-2-Clause
//
// Prose for a terminal, English and Chinese.
#include "tracer/screen_text.h"

#include "tests/catch.h"

using namespace shmpath;

TEST_CASE("A line is as wide as asked and no wider") {
  CHECK(paragraph("one two three", 7, "") == "one two\nthree\n");
  CHECK(paragraph("one two three", 80, "  ") == "  one two three\n");
  CHECK(paragraph("", 10, "  label ") == "  label \n");
}

TEST_CASE("Lines after the first are indented as far as what begins it") {
  CHECK(paragraph("one two", 10, "ab    ") == "ab    one\n      two\n");
  CHECK(paragraph("one two", 10, "标签  ") == "标签  one\n      two\n");
}

TEST_CASE("A word that is wider than the line stands alone") {
  CHECK(paragraph("see https://man7.org/x now", 8, "") == "see\nhttps://man7.org/x\nnow\n");
}

TEST_CASE("A Chinese character takes two columns and may be broken behind") {
  CHECK(columns_of("页表 x") == 6);
  CHECK(paragraph("一二三四五", 6, "") == "一二三\n四五\n");
  CHECK(paragraph("用openat打开", 10, "") == "用openat打\n开\n");
}

TEST_CASE("Chinese punctuation does not begin a line, nor an opening one end it") {
  CHECK(paragraph("一二三，四", 6, "") == "一二\n三，四\n");
  CHECK(paragraph("一二（三）", 6, "") == "一二\n（三）\n");
}

TEST_CASE("Letters of other alphabets do not break a word") {
  CHECK(paragraph("na\u00efve caf\u00e9s", 7, "") == "na\u00efve\ncaf\u00e9s\n");
}

TEST_CASE("Padding counts columns") {
  CHECK(padded("页", 4) == "页  ");
  CHECK(padded("long", 2) == "long");
}

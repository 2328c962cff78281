// SPDX-License-Identifier: BSD-2-Clause
//
// Bytes of a hostile program: nothing may move a cursor, hide or reorder text, or end a line.
#include "tracer/text.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "tests/catch.h"

using namespace shmpath;
using namespace std::string_literals;

namespace {

// What escape_bytes was given, from what it gave.
std::string unescape(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char kind = text.at(++i);
    if (kind == 'n') {
      bytes += '\n';
    } else if (kind == 't') {
      bytes += '\t';
    } else if (kind == 'x') {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      bytes += kind;
    }
  }
  return bytes;
}

std::string random_bytes(std::uint32_t& seed) {
  // drawn from what is special, so that good and bad sequences meet often
  static const std::string special =
      "a\\n\n\t\x1b\x00\x7f\x80\x8b\x8f\xa0\xac\xae\xbb\xbf\xc0\xc2\xe0\xe2\xed\xef\xf0\xf3\xf4\xff\x81"s;
  std::string bytes;
  for (int i = 0; i < 12; i++) {
    seed = seed * 1664525 + 1013904223;
    bytes += special[(seed >> 8) % special.size()];
  }
  return bytes;
}

// nlohmann refuses to write what is not UTF-8.
bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

std::string json_string(std::string_view text) {
  std::string out = "left:";
  append_json_string(out, text);
  CHECK(out.starts_with("left:\""));
  return out.substr(5);
}

}  // namespace

TEST_CASE("Text in any script passes unchanged") {
  for (const char* text :
       {"", "/dev/shm/shmtest", "共享内存", "naïve", "שלום", "😀", "\xf4\x8f\xbf\xbd", "\xc2\xa0",
        "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80"}) {
    CHECK(escape_bytes(text) == text);
    CHECK(strip_controls(text) == text);
  }
}

TEST_CASE("Control characters are shown, not obeyed") {
  CHECK(escape_bytes("\x1b[31mred\x1b[0m") == R"(\x1b[31mred\x1b[0m)");
  CHECK(escape_bytes("\x1b]0;title\x07") == R"(\x1b]0;title\x07)");
  CHECK(escape_bytes("a\nb\tc\rd") == R"(a\nb\tc\x0dd)");
  CHECK(escape_bytes("\b\x7f") == R"(\x08\x7f)");
  CHECK(escape_bytes("a\0b"s) == R"(a\x00b)");
  // C1, which some terminals obey as ESC [: as a character, and as a bare byte
  CHECK(escape_bytes("\xc2\x9b"
                     "31m") == R"(\xc2\x9b31m)");
  CHECK(escape_bytes("\xc2\x80 \xc2\x9f") == R"(\xc2\x80 \xc2\x9f)");
  CHECK(escape_bytes("\x9b"
                     "31m") == R"(\x9b31m)");
  CHECK(strip_controls("\x1b[31m\n") == R"(\x1b[31m\n)");
}

TEST_CASE("Marks that reorder, hide or break a line are shown as bytes") {
  struct {
    const char *mark, *shown;
  } const marks[] = {
      {"\xe2\x80\xae", R"(\xe2\x80\xae)"},          // right-to-left override
      {"\xe2\x80\xaa", R"(\xe2\x80\xaa)"},          // left-to-right embedding
      {"\xe2\x81\xa6", R"(\xe2\x81\xa6)"},          // left-to-right isolate
      {"\xe2\x81\xa9", R"(\xe2\x81\xa9)"},          // pop isolate
      {"\xe2\x80\x8e", R"(\xe2\x80\x8e)"},          // left-to-right mark
      {"\xe2\x80\x8f", R"(\xe2\x80\x8f)"},          // right-to-left mark
      {"\xd8\x9c", R"(\xd8\x9c)"},                  // arabic letter mark
      {"\xe2\x80\x8b", R"(\xe2\x80\x8b)"},          // zero width space
      {"\xe2\x80\x8d", R"(\xe2\x80\x8d)"},          // zero width joiner
      {"\xe2\x81\xa0", R"(\xe2\x81\xa0)"},          // word joiner
      {"\xef\xbb\xbf", R"(\xef\xbb\xbf)"},          // byte order mark
      {"\xe2\x80\xa8", R"(\xe2\x80\xa8)"},          // line separator
      {"\xe2\x80\xa9", R"(\xe2\x80\xa9)"},          // paragraph separator
      {"\xef\xbf\xb9", R"(\xef\xbf\xb9)"},          // interlinear annotation
      {"\xf3\xa0\x81\x81", R"(\xf3\xa0\x81\x81)"},  // a tag character
  };
  for (const auto& [mark, shown] : marks) {
    CHECK(escape_bytes(mark) == shown);
    CHECK(strip_controls(mark) == shown);
    CHECK(escape_bytes("a"s + mark + "b") == "a"s + shown + "b");
  }
  CHECK(escape_bytes("\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf") ==
        "\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf");
}

TEST_CASE("What is not UTF-8 is shown byte by byte") {
  CHECK(escape_bytes("\xff\xfe") == R"(\xff\xfe)");
  CHECK(escape_bytes("\x80") == R"(\x80)");
  CHECK(escape_bytes("\xc0\xaf") == R"(\xc0\xaf)");                                  // overlong /
  CHECK(escape_bytes("\xc1\xbf") == R"(\xc1\xbf)");                                  // overlong
  CHECK(escape_bytes("\xe0\x80\x9b") == R"(\xe0\x80\x9b)");                          // overlong
  CHECK(escape_bytes("\xe0\x9f\xbf") == R"(\xe0\x9f\xbf)");                          // overlong
  CHECK(escape_bytes("\xf0\x80\x80\x9b") == R"(\xf0\x80\x80\x9b)");                  // overlong
  CHECK(escape_bytes("\xf0\x8f\xbf\xbf") == R"(\xf0\x8f\xbf\xbf)");                  // overlong
  CHECK(escape_bytes("\xed\xa0\x80\xed\xb0\x80") == R"(\xed\xa0\x80\xed\xb0\x80)");  // surrogates
  CHECK(escape_bytes("\xf4\x90\x80\x80") == R"(\xf4\x90\x80\x80)");  // past U+10FFFF
  CHECK(escape_bytes("\xf5\x80\x80\x80") == R"(\xf5\x80\x80\x80)");
  CHECK(escape_bytes("\xe4\xbd") == R"(\xe4\xbd)");  // cut off
  CHECK(escape_bytes("\xe4"
                     "a\xbd") == R"(\xe4a\xbd)");
  CHECK(escape_bytes("\xe4\xe4\xbd\xa0") == "\\xe4\xe4\xbd\xa0");  // the next is taken up again
}

TEST_CASE("What was written and what was escaped can be told apart") {
  CHECK(escape_bytes("a\\b") == R"(a\\b)");
  CHECK(escape_bytes("\\n") == R"(\\n)");
  CHECK(escape_bytes("\n") == R"(\n)");
  CHECK(escape_bytes("\\x1b") == R"(\\x1b)");
  CHECK(strip_controls("a\\b\\x1b\\\\") == R"(a\b\x1b\\)");
  CHECK(strip_controls(escape_bytes("\\\x1b\n\xff")) == escape_bytes("\\\x1b\n\xff"));
}

TEST_CASE("Any bytes become printable UTF-8 that still says which bytes they were") {
  std::uint32_t seed = 1;
  for (int i = 0; i < 20000; i++) {
    const std::string bytes = random_bytes(seed);
    const std::string text = escape_bytes(bytes);
    const bool controls = std::any_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (!controls && is_utf8(text) && unescape(text) == bytes) continue;
    CAPTURE(text);
    CHECK_FALSE(controls);
    CHECK(is_utf8(text));
    CHECK(unescape(text) == bytes);
  }
}

TEST_CASE("A JSON string reads back as what was written") {
  std::string every;
  for (int c = 0; c < 128; c++) every += static_cast<char>(c);
  for (const std::string& text :
       {every, ""s, "\"quoted\" \\ back"s, "</script>"s, "共享 😀"s, "\\u0041"s})
    CHECK(nlohmann::json::parse(json_string(text)) == nlohmann::json(text));
  CHECK(json_string("a\n\x1f") == R"("a\u000a\u001f")");
  CHECK(json_string(R"(a"b\c)") == R"("a\"b\\c")");
}

TEST_CASE("A JSON string of escaped bytes is valid whatever they were") {
  std::uint32_t seed = 2;
  for (int i = 0; i < 2000; i++) {
    const std::string text = escape_bytes(random_bytes(seed));
    const auto read = nlohmann::json::parse(json_string(text), nullptr, false);
    if (!read.is_string() || read.get<std::string>() != text) FAIL_CHECK(text);
  }
}

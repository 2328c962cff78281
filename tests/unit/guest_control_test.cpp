// SPDX-License-Identifier: BSD-2-Clause
//
// What the VM says on its control port. Root in there can write anything to it.
#include "tracer/guest_control.h"

#include "tests/catch.h"

using namespace shmpath;

TEST_CASE("Each message of the control port arrives as it was sent") {
  const GuestMessage messages[] = {{GuestWord::hello, {2310}},
                                   {GuestWord::exit, {7, 0, 1, UINT64_MAX, 3, 4}},
                                   {GuestWord::failed, {127}, "cannot run x: command not found"},
                                   {GuestWord::heard, {2}},
                                   {GuestWord::signal, {15}},
                                   {GuestWord::window, {24, 80}},
                                   {GuestWord::input_end, {0}},
                                   {GuestWord::unread, {1}}};
  for (const GuestMessage& sent : messages) {
    std::string line = encode_message(sent);
    REQUIRE(line.back() == '\n');
    line.pop_back();
    CAPTURE(line);
    const auto got = decode_message(line);
    REQUIRE(got);
    CHECK(got->word == sent.word);
    CHECK(got->numbers == sent.numbers);
    CHECK(got->text == sent.text);
  }
}

TEST_CASE("A line that is no message is passed over") {
  for (const char* line : {"",
                           " ",
                           "hello",
                           "hello ",
                           "hello x",
                           "hello -1",
                           "hello +1",
                           "hello 1x",
                           "hello 1 2",
                           "Hello 1",
                           "hello 18446744073709551616",
                           "exit 1 0 0 0 0",
                           "exit 256 0 0 0 0 0",
                           "exit 0 65 0 0 0 0",
                           "exit 0 0 0 0 0 0 0",
                           "exit 0  0 0 0 0 0",
                           "failed",
                           "failed 256 x",
                           "heard 65",
                           "signal 99999999999999999999",
                           "window 1",
                           "window 1 65536",
                           "unread 3",
                           "reboot",
                           "\x1b[2J"}) {
    CAPTURE(line);
    CHECK_FALSE(decode_message(line));
  }
}

TEST_CASE("A text with line ends stays one message") {
  const std::string line = encode_message({GuestWord::failed, {125}, "a\nexit 0 0 0 0 0\nb"});
  CHECK(line == "failed 125 a exit 0 0 0 0 0 b\n");
}

TEST_CASE("Lines are cut out of pieces of any size") {
  LineReader reader;
  CHECK_FALSE(reader.next());
  reader.add("hel");
  CHECK_FALSE(reader.next());
  reader.add("lo 1\nheard 2\n\nhea");
  CHECK(reader.next() == "hello 1");
  CHECK(reader.next() == "heard 2");
  CHECK(reader.next() == "");
  CHECK_FALSE(reader.next());
  reader.add("rd 3\n");
  CHECK(reader.next() == "heard 3");
}

TEST_CASE("A line without end is dropped, and the next one is read") {
  LineReader reader;
  for (int i = 0; i < 100; i++) {
    reader.add(std::string(4096, 'x'));
    CHECK_FALSE(reader.next());
  }
  reader.add("end of it\nhello 1\n");
  CHECK(reader.next() == "hello 1");
  reader.add(std::string(9000, 'y') + "\nhello 2\n");
  CHECK(reader.next() == "hello 2");
}

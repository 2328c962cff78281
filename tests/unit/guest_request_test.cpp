// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_request.h"

#include "tests/catch.h"

using namespace shmpath;
using namespace std::string_literals;

TEST_CASE("A request for the VM arrives as it was sent, whatever its words hold") {
  const GuestRequest sent{{"echo", "", "$(reboot) `x` '\"\n", "\xff\x01"},
                          {"A=1", "EMPTY=", "LINES=a\nb"},
                          "/tmp/a folder",
                          WindowSize{24, 80}};
  const auto got = decode_request(encode_request(sent));
  REQUIRE(got);
  CHECK(got->command == sent.command);
  CHECK(got->environment == sent.environment);
  CHECK(got->folder == sent.folder);
  REQUIRE(got->window);
  CHECK(got->window->rows == 24);
  CHECK(got->window->columns == 80);
}

TEST_CASE("A request without a window is not for a terminal") {
  const auto got = decode_request(encode_request({{"true"}, {}, "/", {}}));
  REQUIRE(got);
  CHECK_FALSE(got->window);
}

TEST_CASE("Bytes that are no request are refused") {
  for (const std::string& bytes :
       {""s, "\0"s, "ctrue"s, "f/\0"s, "ctrue\0x\0"s, "ctrue\0\0"s, "ctrue\0w24\0"s, "ctrue\0wx\0"s,
        "ctrue\0w24x\0"s, "ctrue\0w24x80x\0"s, "ctrue\0w-1x80\0"s, "ctrue\0w99999999999x1\0"s}) {
    CAPTURE(bytes);
    CHECK_FALSE(decode_request(bytes));
  }
}

TEST_CASE("A request says whether it is for the grading profile, and nothing beside") {
  GuestRequest request{{"true"}, {}, "/", {}};
  CHECK_FALSE(decode_request(encode_request(request))->grading);
  request.grading = true;
  CHECK(decode_request(encode_request(request))->grading);
  CHECK_FALSE(decode_request("ctrue\0gno\0"s));
}

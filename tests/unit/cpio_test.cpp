// SPDX-License-Identifier: BSD-2-Clause
//
// The archive that becomes the VM's first files, byte by byte.
#include "tracer/cpio.h"

#include <stdexcept>

#include "tests/catch.h"

using namespace shmpath;
using namespace std::string_literals;

TEST_CASE("A cpio archive has a header, a name and the bytes of each entry, each padded to four") {
  CpioArchive archive;
  archive.add_folder("bin");
  archive.add_file("init", "#!", 0755);
  const std::string folder =
      "070701"
      "00000001"
      "000041ED"
      "00000000"
      "00000000"
      "00000002"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000004"
      "00000000"
      "bin\0"s +
      "\0\0"s;
  const std::string file =
      "070701"
      "00000002"
      "000081ED"
      "00000000"
      "00000000"
      "00000001"
      "00000000"
      "00000002"
      "00000000"
      "00000000"
      "00000000"
      "00000000"
      "00000005"
      "00000000"
      "init\0"s +
      "\0"s + "#!" + "\0\0"s;
  const std::string bytes = archive.finish();
  REQUIRE(bytes.size() % 4 == 0);
  CHECK(bytes.substr(0, folder.size()) == folder);
  CHECK(bytes.substr(folder.size(), file.size()) == file);
  const std::string trailer = bytes.substr(folder.size() + file.size());
  CHECK(trailer.substr(0, 6) == "070701");
  CHECK(trailer.substr(110, 11) == "TRAILER!!!\0"s);
}

TEST_CASE("A cpio archive keeps binary bytes and begins anew when it was given away") {
  CpioArchive archive;
  const std::string bytes = "a\0b\n\xff"s;
  archive.add_file("x", bytes, 0600);
  const std::string first = archive.finish();
  CHECK(first.substr(112, bytes.size()) == bytes);
  archive.add_file("x", bytes, 0600);
  CHECK(archive.finish() == first);
}

TEST_CASE("A name longer than the kernel takes is refused") {
  CpioArchive archive;
  CHECK_THROWS_AS(archive.add_file(std::string(4096, 'n'), "", 0644), std::length_error);
}

TEST_CASE("A symbolic link is an entry that holds where it leads") {
  CpioArchive archive;
  archive.add_link("bin", "usr/bin");
  const std::string bytes = archive.finish();
  CHECK(bytes.substr(14, 8) == "0000A1FF");
  CHECK(bytes.substr(110, 4) == "bin\0"s);
  CHECK(bytes.substr(116, 7) == "usr/bin");
}

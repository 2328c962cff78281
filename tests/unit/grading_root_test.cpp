// SPDX-License-Identifier: BSD-2-Clause
//
// What of a host the grading profile's guest sees, on hosts made for the purpose.
#include "tracer/grading_root.h"

#include <stdlib.h>

#include <algorithm>
#include <string>

#include "tests/catch.h"
#include "tracer/failure.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

// The root of a host with these folders.
struct Host {
  std::string path = "/tmp/shmpath-host-XXXXXX";
  explicit Host(const std::vector<std::string>& folders) {
    REQUIRE(mkdtemp(path.data()));
    for (const std::string& folder : folders) fs::create_directories(path + "/" + folder);
  }
  ~Host() { fs::remove_all(path); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
};

const std::vector<std::string> usual{"usr/bin",
                                     "usr/sbin",
                                     "usr/lib",
                                     "usr/libexec/gcc",
                                     "usr/libexec/shmpath/exercises",
                                     "usr/include",
                                     "etc",
                                     "root",
                                     "home",
                                     "usr/share",
                                     "usr/local",
                                     "usr/src",
                                     "var"};

std::vector<std::string> shared_by(const Host& host) {
  std::vector<std::string> folders;
  for (const GuestShare& share : grading_shares(host.path))
    folders.push_back(share.folder.string().substr(host.path.size()));
  return folders;
}

}  // namespace

TEST_CASE("Of a host, the folders with the tools to build with are shared and no other") {
  CHECK(shared_by(Host(usual)) == std::vector<std::string>{"/usr/bin", "/usr/sbin", "/usr/lib",
                                                           "/usr/include", "/usr/libexec/gcc"});
}

TEST_CASE("A host whose program folders are links into /usr is taken, another is refused") {
  const Host merged(usual), apart(usual);
  fs::create_directory_symlink("usr/bin", merged.path + "/bin");
  CHECK_NOTHROW(grading_shares(merged.path));
  fs::create_directory(apart.path + "/bin");
  CHECK_THROWS_AS(grading_shares(apart.path), Failure);
}

TEST_CASE("A folder that is to stay hidden is refused where it lies in a share") {
  const Host host(usual);
  const auto shares = grading_shares(host.path);
  fs::create_directories(host.path + "/usr/lib/shmpath/exercises");
  fs::create_directory_symlink(host.path + "/usr/lib/shmpath", host.path + "/kit");
  for (const char* folder : {"/usr/lib/shmpath/exercises", "/usr/lib", "/kit/exercises",
                             "/home/../usr/lib/shmpath", "/usr/lib/not-there-yet"}) {
    CAPTURE(folder);
    CHECK_THROWS_AS(refuse_shared(shares, host.path + folder), Failure);
  }
  for (const char* folder : {"/usr/libexec/shmpath/exercises", "/home", "/usr/library"}) {
    CAPTURE(folder);
    CHECK_NOTHROW(refuse_shared(shares, host.path + folder));
  }
}

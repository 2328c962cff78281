// SPDX-License-Identifier: BSD-2-Clause
//
// What the package tools, the image's header and the manifest say, good and bad; and which names
// are understood. Fetching itself needs a mirror and is tested where one is.
#include "tracer/kernels.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tracer/failure.h"
#include "tracer/kernels_store.h"
#include "tracer/kernels_text.h"
#include "tracer/progress.h"
#include "tracer/subprocess.h"

using namespace shmpath;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

// A header as the boot protocol has it, with a release right behind it.
std::string image(const std::string& release) {
  std::string bytes(0x400, '\0');
  bytes[0x1f1] = 1;  // one sector of set-up: the system begins at 0x400
  bytes[0x1f4] = 2;  // two paragraphs of system
  bytes.replace(0x1fe, 2, "\x55\xaa");
  bytes.replace(0x202, 4, "HdrS");
  bytes[0x207] = 2;     // protocol 2.0
  bytes[0x20f] = 0x01;  // the release is at 0x100 + 0x200
  bytes.replace(0x300, release.size(), release);
  return bytes + std::string(32, 'k');
}

// A cache of its own, with one stored kernel in it.
struct Cache {
  std::string path = "/tmp/shmpath-kernels-XXXXXX";
  fs::path kernel;
  Cache() {
    REQUIRE(mkdtemp(path.data()));
    setenv("SHMPATH_CACHE", path.c_str(), 1);
    kernel = fetched_folder() / "6.12.9-test";
    fs::path made = path + "/made";
    fs::create_directories(made / "boot");
    fs::create_directories(made / "lib/modules/6.12.9-test");
    for (const char* file : {"vmlinuz", "boot/01-9p.ko", "lib/modules/6.12.9-test/modules.dep"})
      std::ofstream(made / file) << "what " << file << " holds";
    put_into_place(made, manifest(), kernel);
  }
  ~Cache() {
    unsetenv("SHMPATH_CACHE");
    fs::remove_all(path);
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  static Manifest manifest() {
    return {
        "6.12.9-test", "6.12", "6.12.9-1", 0, 0, {{"vmlinuz", "", 0}, {"boot/01-9p.ko", "", 0}}};
  }
  std::string fault() const { return stored_kernel(kernel).broken; }
};

std::string failure(const std::string& asked) {
  try {
    find_kernel(asked);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("A version is that one or one of its series") {
  CHECK(version_matches("6.1", "6.1.0-56-amd64"));
  CHECK(version_matches("6.12", "6.12.117+deb12-amd64"));
  CHECK(version_matches("5.10.262", "5.10.262-1"));
  CHECK(version_matches("6.1", "6.1"));
  CHECK_FALSE(version_matches("6.1", "6.12.117+deb12-amd64"));
  CHECK_FALSE(version_matches("6.12.11", "6.12.117+deb12-amd64"));
  CHECK_FALSE(version_matches("", "6.1"));
  CHECK_FALSE(version_matches("6.1.0", "6.1"));
}

TEST_CASE("The older of two versions is told by its numbers") {
  CHECK(version_older("6.9", "6.12"));
  CHECK(version_older("6.12.99", "6.12.117"));
  CHECK(version_older("6.12", "6.12.1"));
  CHECK_FALSE(version_older("6.12", "6.9"));
  CHECK_FALSE(version_older("6.12", "6.12"));
  CHECK_FALSE(version_older("", ""));
}

TEST_CASE("A release is a plain word that begins with a number") {
  CHECK(is_release("7.2.13+deb14-amd64"));
  CHECK(is_release("5.10.0-46-amd64"));
  for (const char* text : {"", "..", "../6.1", "6.1/x", "v6.1", ".6", "6.1 x", "6.1\n", "-6.1"})
    CHECK_FALSE(is_release(text));
  CHECK_FALSE(is_release(std::string(65, '6')));
}

TEST_CASE("The archives are those of Debian that the machine is set up with") {
  const Archives archives = find_archives(
      "http://a.example/debian/|bookworm-updates|main|Debian|Packages\n"
      "http://a.example/debian/|bookworm|contrib|Debian|Packages\n"
      "http://a.example/debian/|bookworm|main|Debian|Packages\n"
      "http://a.example/debian/|bookworm|main|Debian|Translations\n"
      "http://b.example/debian-security/|bookworm-security|main|Debian|Packages\n");
  CHECK(archives.main == "http://a.example/debian/");
  CHECK(archives.security == "http://b.example/debian-security/");
}

TEST_CASE("Another distribution's archive is not taken for Debian's") {
  CHECK(find_archives("http://a.example/ubuntu/|jammy|main||Packages").main.empty());
  CHECK(find_archives("http://a.example/deb/|stable|main|Google LLC|Packages").main.empty());
  CHECK(find_archives("http://a.example/pg/|bookworm-pgdg|main||Packages").main.empty());
  CHECK(find_archives("cdrom:[Debian]/|bookworm|main|Debian|Packages").main.empty());
  CHECK(find_archives("http://a.example/x y/|bookworm|main|Debian|Packages").main.empty());
  CHECK(find_archives("nonsense\n|||\n||||\n").main.empty());
}

TEST_CASE(
    "Where no list was fetched yet, the name of the suite tells, and one that is known wins") {
  CHECK(find_archives("http://a.example/|bookworm|main||Packages").main == "http://a.example/");
  CHECK(find_archives("http://a.example/|bookworm|main||Packages\n"
                      "http://b.example/|bookworm|main|Debian|Packages")
            .main == "http://b.example/");
}

TEST_CASE("Dependencies are read without alternatives, and the image's release from them") {
  const auto packages = depended_on(
      "linux-image-amd64\n  PreDepends: linux-base\n |Depends: dracut\n  Depends: <virtual>\n"
      "    dracut\n  Depends: linux-base-amd64\n  Depends: linux-image-7.2.13+deb14-amd64\n"
      "  Recommends: apparmor\n  Depends: \n");
  CHECK(packages == Names{"linux-base-amd64", "linux-image-7.2.13+deb14-amd64"});
  CHECK(image_release(packages) == "7.2.13+deb14-amd64");
  CHECK(image_release({"linux-image-amd64", "linux-image-../x"}) == std::nullopt);
  CHECK(image_release({}) == std::nullopt);
}

TEST_CASE("What will be fetched is added up") {
  CHECK(download_bytes("'http://a.example/x.deb' x.deb 100 SHA256:00\n"
                       "'http://a.example/y.deb' y.deb 23 SHA256:00\nNotice: 5 6 7\n'z'\n") == 123);
  const PackageFacts facts = package_facts(
      "Package: a\nVersion: 7.2.13-1\nInstalled-Size: 2\n\n"
      "Package: b\nVersion: 9\nInstalled-Size: 3\nInstalled-Size: x\n");
  CHECK(facts.version == "7.2.13-1");
  CHECK(facts.installed_bytes == 5 * 1024);
}

TEST_CASE("Modules are loaded after those they need, each once") {
  const LoadOrder order = load_order(
      "kernel/fs/9p/9p.ko.xz: kernel/net/9p/9pnet.ko.xz kernel/fs/netfs.ko.xz\n"
      "kernel/net/9p/9pnet-virtio.ko.xz: kernel/net/9p/9pnet.ko.xz kernel/fs/netfs.ko.xz\n"
      "kernel/fs/overlay.ko:\nno colon\n",
      "kernel/drivers/virtio/virtio_pci.ko\n", {"virtio_pci", "9pnet_virtio", "9p", "overlay"});
  CHECK(order.files == Names{"kernel/fs/netfs.ko.xz", "kernel/net/9p/9pnet.ko.xz",
                             "kernel/net/9p/9pnet-virtio.ko.xz", "kernel/fs/9p/9p.ko.xz",
                             "kernel/fs/overlay.ko"});
  CHECK(order.missing.empty());
  CHECK(load_order("", "", {"9p"}).missing == Names{"9p"});
}

TEST_CASE("An image tells its release and its least size") {
  const auto header = parse_image_header(image("6.12.9-test (builder) #1 SMP"));
  REQUIRE(header);
  CHECK(header->release == "6.12.9-test");
  CHECK(header->least_bytes == 0x400 + 32);
}

TEST_CASE("What is no image, or names no release, has no header") {
  const std::string good = image("6.12.9 x");
  for (const char* release : {"", " ", "../../etc x", "x", "6.1/.. y"})
    CHECK_FALSE(parse_image_header(image(release)));
  for (std::size_t size = 0; size < 0x300; size++)
    CHECK_FALSE(parse_image_header(good.substr(0, size)));
  std::string far = good;
  far[0x20e] = far[0x20f] = '\xff';
  CHECK_FALSE(parse_image_header(far));
  std::string old = good;
  old[0x207] = 1;
  CHECK_FALSE(parse_image_header(old));
  for (std::size_t at = 0; at < good.size(); at++)
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string changed = good;
      changed[at] = byte;
      if (auto header = parse_image_header(changed)) CHECK(is_release(header->release));
    }
  CHECK_FALSE(parse_image_header(good.substr(0, 0x300) + std::string(500, '6')));
}

TEST_CASE("A manifest is read as it was written") {
  Manifest manifest = Cache::manifest();
  manifest.tree_files = 3;
  for (StoredFile& file : manifest.files) file.sha256 = std::string(64, 'a');
  const std::string text = manifest_text(manifest);
  REQUIRE(parse_manifest(text));
  CHECK(manifest_text(*parse_manifest(text)) == text);
}

TEST_CASE("A manifest that is cut off or leads elsewhere is none") {
  Manifest manifest = Cache::manifest();
  for (StoredFile& file : manifest.files) file.sha256 = std::string(64, 'a');
  const std::string text = manifest_text(manifest);
  for (std::size_t size = 0; size + 1 < text.size(); size++)
    CHECK_FALSE(parse_manifest(text.substr(0, size)));
  auto with = [&](const std::string& name, const std::string& release, const std::string& sum) {
    Manifest other = manifest;
    other.files[0] = {name, sum, 1};
    other.release = release;
    return parse_manifest(manifest_text(other)).has_value();
  };
  const std::string sum(64, '0');
  CHECK(with("vmlinuz", "6.1", sum));
  CHECK_FALSE(with("../vmlinuz", "6.1", sum));
  CHECK_FALSE(with("/etc/passwd", "6.1", sum));
  CHECK_FALSE(with("vmlinuz", "../6.1", sum));
  CHECK_FALSE(with("vmlinuz", "6.1", "0"));
  CHECK_FALSE(parse_manifest("shmpath kernel 2\n" + text.substr(text.find('\n') + 1)));
}

TEST_CASE("A stored kernel is found, with its modules in loading order") {
  const Cache cache;
  CHECK(cache.fault().empty());
  for (const char* asked : {"", "6.12", "6.12.9", "6.12.9-test"}) {
    const GuestKernel kernel = find_kernel(asked);
    CHECK(kernel.release == "6.12.9-test");
    CHECK(kernel.image == cache.kernel / "vmlinuz");
    CHECK(kernel.lib == cache.kernel / "lib");
    CHECK(kernel.boot_modules == std::vector<fs::path>{cache.kernel / "boot/01-9p.ko"});
  }
}

TEST_CASE("A stored kernel that was changed is broken, and the reason is said") {
  const Cache cache;
  SECTION("a file cut off") {
    fs::resize_file(cache.kernel / "vmlinuz", 3);
    CHECK(cache.fault() == "vmlinuz has 3 bytes instead of 18");
  }
  SECTION("a file with other bytes") {
    std::ofstream(cache.kernel / "boot/01-9p.ko") << "WHAT boot/01-9p.ko holds";
    CHECK(cache.fault() == "boot/01-9p.ko is not what was fetched (its checksum differs)");
  }
  SECTION("a file gone") {
    fs::remove(cache.kernel / "boot/01-9p.ko");
    CHECK(cache.fault() == "boot/01-9p.ko is missing");
  }
  SECTION("a module gone") {
    fs::remove_all(cache.kernel / "lib/modules");
    CHECK(cache.fault() == "its modules are 0 files of 0 bytes instead of 1 of 46");
  }
  SECTION("no manifest") {
    fs::remove(cache.kernel / "manifest");
    CHECK(cache.fault() == "its manifest is missing or damaged");
  }
  CHECK_FALSE(vm_ready("6.12").ready);
}

TEST_CASE("A kernel that nobody has is refused with the names of those there are") {
  const Cache cache;
  for (const char* asked : {"6", "6.5", "..", "$(id)", "6.1;x", "--help", "latest"}) {
    const std::string said = failure(asked);
    CHECK(said.starts_with("no kernel `" + std::string(asked) + "`"));
    for (const KernelSeries& series : kernel_series())
      CHECK(said.find(series.name) != std::string::npos);
  }
}

TEST_CASE("A path that leads to no image is refused with the reason") {
  const Cache cache;
  CHECK(failure("../x").find("no such file") != std::string::npos);
  CHECK(failure("/dev/null").find("no regular file") != std::string::npos);
  CHECK(failure(cache.path + "/lock/").find("no such file") != std::string::npos);
  const std::string file = cache.path + "/image";
  std::ofstream(file) << "MZ";
  CHECK(failure(file).find("no bzImage") != std::string::npos);
  std::ofstream(file) << image("6.12.9-nowhere x").substr(0, 0x400);
  CHECK(failure(file).find("cut off: 1024 of 1056 bytes") != std::string::npos);
  std::ofstream(file) << image("6.12.9-nowhere x");
  CHECK(failure(file).find("modules are not found") != std::string::npos);
}

TEST_CASE("The cache folder is where the environment says, or a failure") {
  const Cache cache;
  CHECK(cache_folder() == cache.path);
  unsetenv("SHMPATH_CACHE");
  const char* home = getenv("HOME");
  const std::string before = home ? home : "";
  setenv("XDG_CACHE_HOME", "/x", 1);
  CHECK(cache_folder() == "/x/shmpath");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/h", 1);
  CHECK(cache_folder() == "/h/.cache/shmpath");
  unsetenv("HOME");
  CHECK_THROWS_AS(cache_folder(), Failure);
  if (home) setenv("HOME", before.c_str(), 1);
}

TEST_CASE("Words for a program are not read by a shell") {
  CHECK(run_or_fail("x", {.words = {"printf", "%s|", "a b", "$(id)", ";"}}) == "a b|$(id)|;|");
  CHECK(run_program({.words = {"false"}}).status.code == 1);
  CHECK_THROWS_AS(run_program({.words = {"no-such-program-here"}}), Failure);
  CHECK_THROWS_AS(run_or_fail("x", {.words = {"cat", "/no/such/file"}}), Failure);
  CHECK(run_or_fail("x", {.words = {"pwd"}, .folder = "/"}) == "/\n");
}

TEST_CASE("A program is ended by what its watcher throws") {
  const auto watcher = [] { throw Failure("enough", "", ""); };
  CHECK_THROWS_AS(run_program({.words = {"sleep", "1000"}, .tick = watcher}), Failure);
}

TEST_CASE("A progress bar fits the terminal") {
  CHECK(progress_bar("get", 50'000'000, 100'000'000, 40) ==
        "get [########        ] 50.0 of 100.0 MB");
  for (std::size_t width = 1; width < 200; width++)
    CHECK(progress_bar("fetching", 200, 100, width).size() < width + 1);
  CHECK(progress_bar("x", 0, 0, 80).find("0.0 of 0.0 MB") != std::string::npos);
}

// SPDX-License-Identifier: BSD-2-Clause
//
// The output shown in README.md, docs/ and the labs' READMEs is what the programs print, and the
// comparison (tools/docs-output.py) notices when it is not.
#include <fstream>
#include <regex>

#include "tests/live/support.h"

using namespace live;
namespace fs = std::filesystem;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
constexpr const char* not_sanitized = "needs a build without sanitizers, whose calls show";

const std::vector<std::string> few{"--attempts", "2"};
const std::vector<std::string> on_host{"--place", "host"};  // the VM's are compared under `vm`
constexpr int foreign_machine = 77;                         // as docs-output.py exits
constexpr const char* small_document = R"(# A document

<!-- output: shmpath list -->
```text
$ shmpath list
```

<!-- output: shmpath trace --format jsonl -- true; line with '"type":"summary"' -->
```json
```
)";

Outcome compare(const fs::path& documents, std::vector<std::string> options = {}) {
  const fs::path build = fs::path(shmpath()).parent_path().parent_path();
  std::vector<std::string> argv{python,    (source_folder() / "tools/docs-output.py").string(),
                                "--build", build.string(),
                                "--docs",  documents.string()};
  argv.insert(argv.end(), options.begin(), options.end());
  return run_command({.argv = argv, .timeout = std::chrono::seconds(280)});
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

// A folder with one document and one lab's README, both up to date.
void make_documents(const TempFolder& folder) {
  write_file(folder / "README.md", small_document);
  const Outcome filled = compare(folder.path(), {"--update", "--attempts", "1"});
  CAPTURE(filled.out, filled.err);
  REQUIRE(filled.status == 0);
  write_file(folder / "labs/01-posix-shm/README.md",
             read_file(source_folder() / "labs/01-posix-shm/README.md"));
}

std::string with(const std::string& text, const std::string& pattern, const std::string& instead) {
  const std::string changed = std::regex_replace(text, std::regex(pattern), instead);
  REQUIRE(changed != text);
  return changed;
}

}  // namespace

TEST_CASE("the output in the documents is what the programs print") {
  NEEDS_ROOT();
  NEEDS_PROGRAM(python);
  NEEDS(!sanitized, not_sanitized);
  const Outcome run = compare(source_folder(), on_host);
  NEEDS(run.status != foreign_machine, run.out.substr(run.out.find("not compared")));
  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
}

TEST_CASE("a changed line of output in a document is noticed") {
  NEEDS_ROOT();
  NEEDS_PROGRAM(python);
  NEEDS(!sanitized, not_sanitized);
  TempFolder folder;
  make_documents(folder);
  CHECK(compare(folder.path(), few).status == 0);

  const auto [file, pattern, instead] = GENERATE(table<std::string, std::string, std::string>({
      {"README.md", "13 steps", "12 steps"},
      {"README.md", "\"lost\":0", "\"lost\":1"},
      {"README.md", "\"code\":0", "\"code\":2"},
      {"README.md", "\n03-first-touch[^\n]*", ""},
      {"labs/01-posix-shm/README.md", "mode 0750 from", "mode 0755 from"},
      {"labs/01-posix-shm/README.md", "buf 0x11\n", "buf 0x11 \n"},
  }));
  CAPTURE(file, pattern);
  const std::string text = read_file(folder / file);
  write_file(folder / file, with(text, pattern, instead));
  const Outcome run = compare(folder.path(), few);
  CAPTURE(run.out, run.err);
  CHECK(run.status == 1);
  CHECK(run.out.find(file + ":") != std::string::npos);
}

TEST_CASE("what differs from run to run may differ in a document") {
  NEEDS_ROOT();
  NEEDS_PROGRAM(python);
  NEEDS(!sanitized, not_sanitized);
  TempFolder folder;
  make_documents(folder);
  const std::string text = read_file(folder / "README.md");
  write_file(folder / "README.md", with(text, "\"events\":[0-9]+", "\"events\":7"));
  CHECK(compare(folder.path(), few).status == 0);
}

TEST_CASE("output that no marker names is refused") {
  NEEDS_ROOT();
  NEEDS_PROGRAM(python);
  TempFolder folder;
  write_file(folder / "README.md", "```text\n$ shmpath list\nnothing\n```\n");
  const Outcome run = compare(folder.path());
  CHECK(run.status == 1);
  CHECK(run.err.find("README.md:2") != std::string::npos);
}

TEST_CASE("what a lab prints on standard error is left out where its README leaves it out") {
  NEEDS_ROOT();
  NEEDS_PROGRAM(python);
  NEEDS(!sanitized, not_sanitized);
  TempFolder folder;
  const std::string name = "labs/13-four-ways/README.md";
  const std::string text = read_file(source_folder() / name);
  write_file(folder / "README.md", "# A document\n");
  write_file(folder / name, text);
  CHECK(compare(folder.path(), few).status == 0);

  const auto [pattern, instead] = GENERATE(table<std::string, std::string>({
      {"C51 holds: 0 bytes", "C51 holds: 4 bytes"},
      {"/bounce_shared 2>/dev/null", "/bounce_shared"},  // its times are no part of what is shown
  }));
  CAPTURE(pattern);
  write_file(folder / name, with(text, pattern, instead));
  const Outcome run = compare(folder.path(), few);
  CAPTURE(run.out, run.err);
  CHECK(run.status == 1);
  CHECK(run.out.find(name + ":") != std::string::npos);
}

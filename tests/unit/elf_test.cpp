// SPDX-License-Identifier: BSD-2-Clause
//
// Program files: good ones, and whatever else may lie where one is expected.
#include "tracer/elf.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/catch.h"
#include "tracer/files.h"

using namespace shmpath;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view names[] = {"main", "no_such_function"};
const char* const self = "/proc/self/exe";

struct Folder {
  std::string path = "/tmp/shmpath-elf-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path.data())); }
  ~Folder() { fs::remove_all(path); }
  std::string file(const std::string& text) const {
    std::ofstream(path + "/file", std::ios::trunc) << text;
    return path + "/file";
  }
};

bool nothing_there(const std::string& file) {
  return function_offsets(file, names).empty() && !is_static_program(file) &&
         !has_markers(file, "shmpath");
}

std::string word(std::uint32_t number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// An object with one note section, `notes`, and the headers that lead to it.
std::string object_with_notes(const std::string& notes) {
  const std::string strings("\0.note\0.shstrtab\0", 17);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(header);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 2;
  header.e_shoff = sizeof(header);
  Elf64_Shdr sections[3]{};
  const std::size_t start = sizeof(header) + sizeof(sections);
  sections[1].sh_name = 1;
  sections[1].sh_type = SHT_NOTE;
  sections[1].sh_offset = start;
  sections[1].sh_size = notes.size();
  sections[1].sh_addralign = 4;
  sections[2].sh_name = 7;
  sections[2].sh_type = SHT_STRTAB;
  sections[2].sh_offset = start + notes.size();
  sections[2].sh_size = strings.size();
  sections[2].sh_addralign = 1;
  return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) +
         std::string(reinterpret_cast<const char*>(sections), sizeof(sections)) + notes + strings;
}

// A program of one segment of code at 0x400000, whose symbol table has one symbol, "main".
std::string program_with_main(unsigned char kind, std::uint16_t section, std::uint64_t address) {
  Elf64_Sym symbol{};
  symbol.st_name = 17;  // after the names of the sections
  symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, kind);
  symbol.st_shndx = section;
  symbol.st_value = address;
  std::string file =
      object_with_notes(std::string(reinterpret_cast<const char*>(&symbol), sizeof(symbol)));
  auto* header = reinterpret_cast<Elf64_Ehdr*>(file.data());
  auto* sections = reinterpret_cast<Elf64_Shdr*>(file.data() + header->e_shoff);
  sections[1].sh_type = SHT_SYMTAB;
  sections[1].sh_entsize = sizeof(symbol);
  sections[1].sh_addralign = 8;
  sections[1].sh_link = 2;
  sections[2].sh_size += 5;
  file += std::string("main\0\0\0\0", 8);
  header = reinterpret_cast<Elf64_Ehdr*>(file.data());
  header->e_type = ET_EXEC;
  header->e_phoff = file.size();
  header->e_phentsize = sizeof(Elf64_Phdr);
  header->e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_X;
  segment.p_vaddr = 0x400000;
  segment.p_filesz = segment.p_memsz = 0x1000;
  return file + std::string(reinterpret_cast<const char*>(&segment), sizeof(segment));
}

// One note: name, type, and what it describes, each padded to 4 bytes.
std::string note(std::string name, std::uint32_t type, std::string body) {
  std::string out = word(static_cast<std::uint32_t>(name.size() + 1)) +
                    word(static_cast<std::uint32_t>(body.size())) + word(type);
  name += '\0';
  name.resize((name.size() + 3) / 4 * 4);
  body.resize((body.size() + 3) / 4 * 4);
  return out + name + body;
}

std::string marker(const std::string& provider) {
  return std::string(24, '\1') + provider + std::string("\0step\0", 6);
}

}  // namespace

TEST_CASE("A program's own functions are found, at offsets inside its file") {
  const auto found = function_offsets(self, names);
  REQUIRE(found.contains("main"));
  CHECK_FALSE(found.contains("no_such_function"));
  CHECK(found.at("main") > 0);
  CHECK(found.at("main") < fs::file_size(self));
  CHECK(function_offsets(self, {}).empty());
}

TEST_CASE("A function that a program only uses is not its own") {
  constexpr std::string_view used[] = {"mkdtemp"};
  CHECK(function_offsets(self, used).empty());
}

TEST_CASE("A function is found by its kind, in code, and where it is defined") {
  const Folder folder;
  const auto offset = [&](unsigned char kind, std::uint16_t section, std::uint64_t address) {
    const auto found =
        function_offsets(folder.file(program_with_main(kind, section, address)), names);
    return found.contains("main") ? found.at("main") : 0;
  };
  CHECK(offset(STT_FUNC, 1, 0x400010) == 0x10);
  CHECK(offset(STT_OBJECT, 1, 0x400010) == 0);
  CHECK(offset(STT_FUNC, SHN_UNDEF, 0x400010) == 0);  // its entry in the procedure linkage table
  CHECK(offset(STT_FUNC, 1, 0x3ffff0) == 0);
  CHECK(offset(STT_FUNC, 1, 0x500000) == 0);
}

TEST_CASE("A program with an interpreter is not static") { CHECK_FALSE(is_static_program(self)); }

TEST_CASE("What is no program has nothing") {
  const Folder folder;
  CHECK(nothing_there(folder.file("")));
  CHECK(nothing_there(folder.file("#!/bin/sh\necho\n")));
  CHECK(
      nothing_there(folder.file("\x7f"
                                "ELF")));
  CHECK(nothing_there(folder.file(std::string("\x7f"
                                              "ELF") +
                                  std::string(60, '\xff'))));
  CHECK(nothing_there(folder.path));
  CHECK(nothing_there(folder.path + "/none"));
  CHECK(nothing_there("/dev/null"));
  REQUIRE(mkfifo((folder.path + "/fifo").c_str(), 0600) == 0);
  CHECK(nothing_there(folder.path + "/fifo"));
}

TEST_CASE("A program cut off anywhere is read without harm") {
  const Folder folder;
  const std::string whole = read_file("/bin/true").value();
  REQUIRE(whole.size() > 4096);
  std::size_t step = 1;
  for (std::size_t size = 0; size < whole.size(); size += step) {
    const std::string file = folder.file(whole.substr(0, size));
    CHECK(function_offsets(file, names).empty());
    is_static_program(file);
    CHECK_FALSE(has_markers(file, "shmpath"));
    step = size < 128 ? 7 : 997;
  }
}

TEST_CASE("A program with any bytes changed is read without harm") {
  const Folder folder;
  const std::string whole = object_with_notes(note("stapsdt", 3, marker("shmpath")));
  for (std::size_t at = 4; at < whole.size(); at++)
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string changed = whole;
      changed[at] = byte;
      const std::string file = folder.file(changed);
      has_markers(file, "shmpath");
      is_static_program(file);
      CHECK(function_offsets(file, names).empty());
    }
}

TEST_CASE("Markers are found by their provider") {
  const Folder folder;
  const auto marked = [&](const std::string& notes) {
    return has_markers(folder.file(object_with_notes(notes)), "shmpath");
  };
  CHECK(marked(note("stapsdt", 3, marker("shmpath"))));
  CHECK(marked(note("stapsdt", 3, marker("libc")) + note("stapsdt", 3, marker("shmpath"))));
  CHECK_FALSE(marked(note("stapsdt", 3, marker("libc"))));
  CHECK_FALSE(marked(note("stapsdt", 3, marker("shmpath2"))));
  CHECK_FALSE(marked(note("stapsdt", 3, marker("shm"))));
  CHECK_FALSE(marked(note("stapsdt", 1, marker("shmpath"))));
  CHECK_FALSE(marked(note("stapsdt", 3, std::string(24, '\1'))));
  CHECK_FALSE(marked(note("stapsdt", 3, "")));
  CHECK_FALSE(marked(""));
}

TEST_CASE("Markers of another owner's notes are not ours") {
  const Folder folder;
  CHECK_FALSE(
      has_markers(folder.file(object_with_notes(note("other", 3, marker("shmpath")))), "shmpath"));
}

TEST_CASE("A marker has its address and where its arguments are") {
  const Folder folder;
  std::string body(24, '\0');
  const std::uint64_t address = 0x401d07;
  std::memcpy(body.data(), &address, sizeof(address));
  body += std::string("shmpath\0step\0-4@%ebx 8@%rbp\0", 28);
  const std::string file = folder.file(object_with_notes(note("stapsdt", 3, body)));
  const auto found = markers_of(file, "shmpath");
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "step");
  CHECK(found[0].address == address);
  CHECK(found[0].arguments == "-4@%ebx 8@%rbp");
  CHECK(markers_of(file, "other").empty());
  body.resize(28);  // cut off within the provider
  CHECK(markers_of(folder.file(object_with_notes(note("stapsdt", 3, body))), "shmpath").empty());
}

TEST_CASE("A program says where it begins; what is no program does not") {
  CHECK(entry_address(self) > 0);
  CHECK(entry_address("/etc/passwd") == 0);
  CHECK(entry_address("/no/such/file") == 0);
}

TEST_CASE("What is loaded of a program is a program without its symbols, and runs") {
  const Folder folder;
  const std::string part = loaded_part(self), file = folder.file(part);
  REQUIRE(!part.empty());
  CHECK(part.size() < fs::file_size(self));
  CHECK(function_offsets(file, names).empty());
  CHECK(entry_address(file) == entry_address(self));
  fs::permissions(file, fs::perms::owner_all);
  CHECK(system((file + " --help >/dev/null").c_str()) == 0);
}

TEST_CASE("Of what is no whole program, nothing is loaded") {
  const Folder folder;
  const std::string whole = *read_file(self);
  for (const std::string& text : {""s, "#!/bin/sh\n"s, whole.substr(0, 64), whole.substr(0, 4096)})
    CHECK(loaded_part(folder.file(text)).empty());
  CHECK(loaded_part("/no/such/file").empty());
}

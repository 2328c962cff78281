// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "tracer/files.h"

namespace shmpath {
namespace {

class ElfFile {
 public:
  explicit ElfFile(const std::string& file)
      : fd_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    elf_version(EV_CURRENT);
    if (fd_ >= 0) elf_.reset(elf_begin(fd_, ELF_C_READ_MMAP, nullptr));
    if (elf_ && elf_kind(elf_.get()) != ELF_K_ELF) elf_.reset();
  }
  ~ElfFile() {
    elf_.reset();
    if (fd_ >= 0) close(fd_);
  }
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;
  Elf* get() const { return elf_.get(); }
  explicit operator bool() const { return elf_ != nullptr; }

 private:
  struct End {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  int fd_;
  std::unique_ptr<Elf, End> elf_;
};

template <typename Visit>
void each_segment(Elf* elf, Visit visit) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count)) return;
  GElf_Phdr segment;
  for (std::size_t i = 0; i < count; i++)
    if (gelf_getphdr(elf, static_cast<int>(i), &segment)) visit(segment);
}

std::uint64_t offset_of(Elf* elf, std::uint64_t address) {
  std::uint64_t offset = 0;
  each_segment(elf, [&](const GElf_Phdr& s) {
    if (s.p_type == PT_LOAD && s.p_flags & PF_X && address >= s.p_vaddr &&
        address - s.p_vaddr < s.p_filesz)
      offset = address - s.p_vaddr + s.p_offset;
  });
  return offset;
}

void add_functions(Elf* elf, Elf_Scn* section, const GElf_Shdr& header,
                   std::span<const std::string_view> names,
                   std::map<std::string, std::uint64_t>& found) {
  Elf_Data* table = elf_getdata(section, nullptr);
  if (!table || !header.sh_entsize) return;
  GElf_Sym symbol;
  for (int i = 0; gelf_getsym(table, i, &symbol); i++) {
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (!name || std::find(names.begin(), names.end(), name) == names.end()) continue;
    if (std::uint64_t offset = offset_of(elf, symbol.st_value)) found.emplace(name, offset);
  }
}

std::uint64_t section_address(Elf* elf, std::string_view wanted) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names)) return 0;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section));) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name && name == wanted) return header.sh_addr;
  }
  return 0;
}

// The text up to the next NUL, which is taken off `rest` too.
std::string take_text(std::string_view& rest) {
  std::string text(rest.substr(0, rest.find('\0')));
  rest.remove_prefix(std::min(text.size() + 1, rest.size()));
  return text;
}

// The body of a note: the addresses of the nop, of the section `base` when the note was written,
// and of a semaphore; then provider, name and arguments.
std::optional<Marker> read_marker(std::string_view body, std::string_view provider,
                                  std::uint64_t base) {
  std::uint64_t addresses[3];
  if (body.size() <= sizeof(addresses)) return std::nullopt;
  std::memcpy(addresses, body.data(), sizeof(addresses));
  body.remove_prefix(sizeof(addresses));
  if (take_text(body) != provider) return std::nullopt;
  Marker marker{take_text(body), addresses[0], take_text(body)};
  if (base && addresses[1]) marker.address += base - addresses[1];  // moved since, as by prelink
  return marker;
}

}  // namespace

std::map<std::string, std::uint64_t> function_offsets(const std::string& file,
                                                      std::span<const std::string_view> names) {
  std::map<std::string, std::uint64_t> found;
  ElfFile elf(file);
  if (!elf) return found;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section));) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
      add_functions(elf.get(), section, header, names, found);
  }
  return found;
}

bool is_static_program(const std::string& file) {
  ElfFile elf(file);
  if (!elf) return false;
  bool loads = false, interpreted = false;
  each_segment(elf.get(), [&](const GElf_Phdr& s) {
    loads |= s.p_type == PT_LOAD;
    interpreted |= s.p_type == PT_INTERP;
  });
  return loads && !interpreted;
}

std::vector<Marker> markers_of(const std::string& file, std::string_view provider) {
  std::vector<Marker> markers;
  ElfFile elf(file);
  if (!elf) return markers;
  const std::uint64_t base = section_address(elf.get(), ".stapsdt.base");
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section));) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE) continue;
    Elf_Data* notes = elf_getdata(section, nullptr);
    if (!notes || !notes->d_buf) continue;
    GElf_Nhdr note;
    std::size_t name = 0, text = 0;
    for (std::size_t at = 0; (at = gelf_getnote(notes, at, &note, &name, &text)) > 0;) {
      auto* start = static_cast<const char*>(notes->d_buf);
      if (note.n_type != 3 ||
          std::string_view(start + name, note.n_namesz) != std::string_view("stapsdt\0", 8))
        continue;
      if (auto marker = read_marker({start + text, note.n_descsz}, provider, base))
        markers.push_back(std::move(*marker));
    }
  }
  return markers;
}

std::string loaded_part(const std::string& file) {
  std::uint64_t end = 0;
  if (ElfFile elf(file); elf)
    each_segment(elf.get(), [&](const GElf_Phdr& s) {
      if (s.p_type == PT_LOAD) end = std::max(end, s.p_offset + s.p_filesz);
    });
  std::string bytes = read_file(file).value_or("");
  Elf64_Ehdr header;
  if (end > bytes.size() || end < sizeof(header) || bytes[EI_CLASS] != ELFCLASS64) return "";
  bytes.resize(end);
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.e_shoff = 0;
  header.e_shnum = header.e_shstrndx = 0;
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

bool has_markers(const std::string& file, std::string_view provider) {
  return !markers_of(file, provider).empty();
}

std::uint64_t entry_address(const std::string& file) {
  ElfFile elf(file);
  GElf_Ehdr header;
  return elf && gelf_getehdr(elf.get(), &header) ? header.e_entry : 0;
}

}  // namespace shmpath

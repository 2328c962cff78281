// SPDX-License-Identifier: BSD-2-Clause
//
// verifier: loads each BPF program by itself and prints what the kernel's verifier counted:
//
//     sys_enter<TAB>1042            instructions that it processed, of at most a million
//     user_multi_enter<TAB>-        not for this kernel, so the tracer leaves it out too
//
// Exits with 1 when this kernel refuses a program that it should load, and shows the verifier's
// words. verifier_table.py makes a table of several kernels' lines.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/event.h"
#include "bpf/layout.h"
#include "shmpath.skel.h"
#include "tracer/failure.h"
#include "tracer/mechanism.h"
#include "tracer/prototypes.h"

namespace {

using namespace shmpath;
using Object = std::unique_ptr<shmpath_bpf, decltype(&shmpath_bpf__destroy)>;

constexpr std::uint32_t only_statistics = 4;  // BPF_LOG_STATS, kernel/bpf/verifier.c
constexpr std::uint32_t every_word = 1;
constexpr std::size_t log_bytes = 16 << 20;

Object open_object() {
  Object object(shmpath_bpf__open(), shmpath_bpf__destroy);
  if (!object) throw Failure("cannot open the BPF programs", strerror(errno), "build again");
  return object;
}

// Whether the tracer would use it on this kernel: what it is for is tried, or looked for, as there.
bool has_use(KernelTypes& types, std::string_view section, std::string_view name) {
  static const bool trampolines = try_fentry(types).empty(), many = try_multi(types).empty();
  if (section.starts_with("tp_btf/"))
    return types.knows_word("btf_trace_" + std::string(section.substr(strlen("tp_btf/"))));
  if (section.starts_with("fentry/") || section.starts_with("fexit/")) return trampolines;
  if (section.find(".multi") != std::string_view::npos) return many;
  return !name.starts_with("user_multi") || types.knows_word(multi_uprobe_type);
}

// A pattern as a copy of it is loaded. Without a number that there is, most of it is dead code.
void write_real_number(bpf_program* program) {
  const std::span<const bpf_insn> pattern(bpf_program__insns(program),
                                          bpf_program__insn_cnt(program));
  std::vector<bpf_insn> code(pattern.begin(), pattern.end());
  write_number(code, 0);
  bpf_program__set_insns(program, code.data(), code.size());
}

std::string number_after(std::string_view log, std::string_view word) {
  std::size_t at = log.rfind(word);
  if (at == std::string_view::npos) return "";
  at += word.size();
  return std::string(log.substr(at, log.find_first_not_of("0123456789", at) - at));
}

// Loads that one alone; the verifier's log, or nothing when it was refused.
std::optional<std::string> load_alone(const std::string& name, std::uint32_t level,
                                      std::string& log) {
  Object object = open_object();
  log.assign(log_bytes, '\0');
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object->obj)
      bpf_program__set_autoload(program, bpf_program__name(program) == name);
  object->rodata->preemptible = 1;  // where the most code is not known to be dead
  program = bpf_object__find_program_by_name(object->obj, name.c_str());
  if (name.starts_with("user_multi"))
    bpf_program__set_expected_attach_type(program,
                                          static_cast<bpf_attach_type>(multi_uprobe_attach_type));
  write_real_number(program);
  bpf_program__set_log_level(program, level);
  bpf_program__set_log_buf(program, log.data(), log.size());
  const int error = shmpath_bpf__load(object.get());
  log.resize(strlen(log.c_str()));
  if (error) return std::nullopt;
  return number_after(log, "processed ");
}

bool print_count(const std::string& name) {
  std::string log;
  const auto count = load_alone(name, only_statistics, log);
  if (count && !count->empty()) {
    fmt::print("{}\t{}\n", name, *count);
    return true;
  }
  fmt::print("{}\trefused\n", name);
  if (!count) load_alone(name, every_word, log);
  constexpr std::size_t most_shown = 2000;
  if (log.size() > most_shown) log.erase(0, log.size() - most_shown);
  fmt::print(stderr, "{}: {}\n{}\n", name, count ? "no count in the log" : "refused", log);
  return false;
}

int print_all() {
  KernelTypes types;
  bool all = true;
  const Object object = open_object();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object->obj) {
    const std::string name = bpf_program__name(program);
    if (has_use(types, bpf_program__section_name(program), name))
      all = print_count(name) && all;
    else
      fmt::print("{}\t-\n", name);
  }
  return all ? 0 : 1;
}

int quiet(libbpf_print_level, const char*, va_list) { return 0; }

}  // namespace

int main() try {
  libbpf_set_print(quiet);
  return print_all();
} catch (const Failure& failure) {
  fmt::print(stderr, "verifier: {}\n", failure.what());
  return 2;
}

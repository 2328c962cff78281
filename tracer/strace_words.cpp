// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/strace_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

#include "tracer/call_tables.h"
#include "tracer/flags_file.h"
#include "tracer/text.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

constexpr std::string_view cut_mark = "…";
constexpr std::size_t longest_string = 1023;  // the tracer reads no more of one

bool plain(char c) { return c >= 0x20 && c < 0x7f; }

// What is not the process's own text holds no control byte; a recording may hold anything.
std::string cleaned(std::string_view text) {
  return std::all_of(text.begin(), text.end(), plain) ? std::string(text) : strip_controls(text);
}

// The bytes that escape_bytes() was given.
std::string unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    unsigned char code = 0;
    if (next == 'x' && i + 4 <= text.size() &&
        std::from_chars(&text[i] + 2, &text[i] + 4, code, 16).ptr == &text[i] + 4) {
      bytes += static_cast<char>(code);
      i += 3;
    } else if (next == 'n' || next == 't' || next == '\\') {
      bytes += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
      i++;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

// In strace's way: octal for what is not ASCII, no longer than the next byte makes it.
void append_quoted_byte(std::string& out, char c, char next) {
  constexpr std::string_view letters = "\t\n\v\f\r";
  if (const std::size_t at = letters.find(c); at != std::string_view::npos)
    (out += '\\') += "tnvfr"[at];
  else if (c == '"' || c == '\\')
    (out += '\\') += c;
  else if (plain(c))
    out += c;
  else if (next >= '0' && next <= '9')
    out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  else
    out += fmt::format("\\{:o}", static_cast<unsigned char>(c));
}

std::string quoted(std::string_view text) {
  std::string bytes = unescaped(text);
  const bool cut = bytes.ends_with(cut_mark) && bytes.size() >= longest_string + cut_mark.size();
  if (cut) bytes.resize(bytes.size() - cut_mark.size());
  std::string out = "\"";
  for (std::size_t i = 0; i < bytes.size(); i++)
    append_quoted_byte(out, bytes[i], i + 1 < bytes.size() ? bytes[i + 1] : '\0');
  return out + (cut ? "\"..." : "\"");
}

std::uint64_t number_of(const Value& value) {
  if (auto* number = std::get_if<std::uint64_t>(&value)) return *number;
  if (auto* number = std::get_if<std::int64_t>(&value)) return static_cast<std::uint64_t>(*number);
  return 0;
}

std::string text_of(const Args& args, std::string_view name) {
  const auto found = std::ranges::find(args, name, &Arg::name);
  return found != args.end() ? cleaned(value_text(found->value)) : "";
}

struct ArgOf {
  std::string_view call, arg;
  bool operator==(const ArgOf&) const = default;
};
constexpr std::uint64_t first_realtime = 32, last_realtime = 64;  // signals, as the kernel has them

// Numbers that strace writes in hexadecimal.
constexpr ArgOf in_hex[] = {{"mmap", "offset"}, {"rseq", "rseq_len"}};

std::string arg_text(const Event& entry, const Arg& arg, const ArgSpec* spec) {
  const auto* text = std::get_if<std::string>(&arg.value);
  if (text && *text != "NULL" && spec && spec->kind == ArgKind::string) return quoted(*text);
  if (text && *text == "0x0") return "0";
  if (text && *text == "0" && spec && spec->octal_bits) return "000";
  if (!text && (arg.name == "sig" || arg.name == "signum") &&
      number_of(arg.value) >= first_realtime)
    return strace_signal(number_of(arg.value));
  if (text && *text == "0xffffffff" && arg.name == "val3") return "FUTEX_BITSET_MATCH_ANY";
  if (std::ranges::find(in_hex, ArgOf{entry.name, arg.name}) != std::end(in_hex))
    return number_of(arg.value) ? hex_text(number_of(arg.value)) : "0";
  return cleaned(value_text(arg.value));
}

const ArgSpec* spec_of(const CallSpec* call, std::string_view name) {
  if (!call) return nullptr;
  const auto found = std::ranges::find(call->args, name, &ArgSpec::name);
  return found != call->args.end() ? &*found : nullptr;
}

// strace names clone's arguments, for their order is not the same everywhere.
std::string clone_args(const Args& args) {
  constexpr std::pair<std::string_view, std::string_view> named[] = {{"stack", "child_stack"},
                                                                     {"flags", "flags"},
                                                                     {"parent_tid", "parent_tid"},
                                                                     {"tls", "tls"},
                                                                     {"child_tid", "child_tidptr"}};
  std::string out;
  for (const auto& [name, shown] : named)
    if (const std::string text = text_of(args, name); !text.empty())
      out += fmt::format("{}{}={}", out.empty() ? "" : ", ", shown, text);
  return out;
}

std::string with_rest(std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  std::string out = "{";
  for (const auto& [name, text] : fields)
    if (!text.empty()) out += fmt::format("{}={}, ", name, text);
  return out + "...}";
}

// The structure that the call filled, as far as the trace has it; "" where it did not fill one.
std::string filled(const Event& ret) {
  const Args& fields = ret.args;
  const std::string mode = text_of(fields, "st_mode");
  const bool device = mode.starts_with("S_IFCHR") || mode.starts_with("S_IFBLK");
  if (!mode.empty())
    return with_rest({{"st_mode", mode}, {"st_size", device ? "" : text_of(fields, "st_size")}});
  if (const std::string stx_mode = text_of(fields, "stx_mode"); !stx_mode.empty())
    return with_rest({{"stx_mode", stx_mode}, {"stx_size", text_of(fields, "stx_size")}});
  const std::string shm_size = text_of(fields, "shm_segsz");
  if (shm_size.empty()) return "";
  return with_rest({{"shm_perm", with_rest({{"mode", text_of(fields, "mode")}})},
                    {"shm_segsz", shm_size},
                    {"shm_nattch", text_of(fields, "shm_nattch")}});
}

StraceArgs args_with(const Event& entry, const std::string& structure) {
  if (entry.name == "clone") return {clone_args(entry.args), ""};
  const CallSpec* call = syscall_spec(std::string_view(entry.name));
  StraceArgs out;
  std::string* side = &out.before;
  for (std::size_t i = 0; i < entry.args.size(); i++) {
    const Arg& arg = entry.args[i];
    const ArgSpec* spec = spec_of(call, arg.name);
    const bool is_filled = spec && spec->kind == ArgKind::out;
    if (i) *side += ", ";
    if (is_filled) side = &out.after;
    *side += is_filled && !structure.empty() ? structure : arg_text(entry, arg, spec);
  }
  return out;
}

constexpr std::pair<std::string_view, std::string_view> restarts[] = {
    {"ERESTARTSYS", "To be restarted if SA_RESTART is set"},
    {"ERESTARTNOINTR", "To be restarted"},
    {"ERESTARTNOHAND", "To be restarted if no handler"},
    {"ERESTART_RESTARTBLOCK", "Interrupted by signal"}};

std::string failure_text(const Event& ret) {
  for (const auto& [name, meaning] : restarts)
    if (ret.error == name) return fmt::format("? {} ({})", name, meaning);
  const auto number = std::bit_cast<std::int64_t>(number_of(ret.ret));
  const char* meaning =
      number < 0 && number >= -4095 ? strerrordesc_np(static_cast<int>(-number)) : nullptr;
  return fmt::format("-1 {}{}", cleaned(ret.error), meaning ? fmt::format(" ({})", meaning) : "");
}

// Of the results that are flags, with their names.
std::string fcntl_result(const Event& entry, std::uint64_t value) {
  const std::string command = text_of(entry.args, "cmd");
  const auto named = [&](const char* what, Names names) {
    return fmt::format("{:#x} ({} {})", value, what, flags_text(value, names));
  };
  if (command == "F_GETFL") return named("flags", open_flags);
  if (command == "F_GETFD" && value) return named("flags", fd_flags);
  if (command == "F_GET_SEALS" && value) return named("seals", seals);
  return std::to_string(std::bit_cast<std::int64_t>(value));
}

}  // namespace

StraceArgs strace_args(const Event& entry) { return args_with(entry, ""); }
StraceArgs strace_args(const Event& entry, const Event& ret) {
  return args_with(entry, filled(ret));
}

std::string strace_name(std::string_view name) {
  constexpr std::string_view unknown = "syscall_";
  std::uint64_t number = 0;
  if (name.starts_with(unknown) && name.size() > unknown.size() &&
      std::from_chars(name.data() + unknown.size(), name.data() + name.size(), number).ptr ==
          name.data() + name.size())
    return fmt::format("syscall_{:#x}", number);
  return cleaned(name);
}

std::string strace_result(const Event& entry, const Event& ret) {
  if (!ret.error.empty()) return failure_text(ret);
  if (std::holds_alternative<std::monostate>(ret.ret)) return "?";
  if (std::holds_alternative<std::string>(ret.ret)) {
    const std::string text = cleaned(std::get<std::string>(ret.ret));
    return text == "NULL" ? "0" : text;
  }
  const std::uint64_t value = number_of(ret.ret);
  if (entry.name == "umask") return fmt::format("{:#03o}", value);
  if (entry.name == "fcntl") return fcntl_result(entry, value);
  return value_text(ret.ret);
}

std::string strace_signal(std::uint64_t number) {
  const auto signal = static_cast<int>(std::min<std::uint64_t>(number, 1000));
  if (const char* name = sigabbrev_np(signal)) return std::string("SIG") + name;
  if (number == first_realtime) return "SIGRTMIN";
  if (number > first_realtime && number <= last_realtime)
    return fmt::format("SIGRT_{}", number - first_realtime);
  return std::to_string(std::bit_cast<std::int64_t>(number));
}

std::string strace_comment(std::string_view text) {
  std::string out = "/* " + cleaned(text);
  for (std::size_t at = 2; (at = out.find("*/", at)) != std::string::npos;)
    out.replace(at, 2, "* /");
  return out + " */";
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
//
// How kernel functions are probed, of the ways this kernel allows: each is tried
// on one function before the programs are loaded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tracer/prototypes.h"

struct bpf_insn;
struct bpf_program;

namespace shmpath {

enum class Mechanism { none, fentry, kprobe_multi, kprobe };

struct MechanismChoice {
  Mechanism mechanism = Mechanism::none;
  std::string said;  // how it is done and why not better, or why not at all
};

// `asked`: "fentry", "kprobe-multi" or "kprobe"; Throws Failure when that does not work here.
// "auto" is the first that works, with fentry before kprobe-multi only for few `functions`; the
// result is `none` when none does.
MechanismChoice choose_mechanism(const std::string& asked, std::size_t functions,
                                 KernelTypes& types);

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Each is "" when it works on this kernel, else why not, in the kernel's words. A program that does
// next to nothing is loaded and attached; nothing of it is left.
std::string try_fentry(KernelTypes& types);
std::string try_multi(KernelTypes& types);
std::string try_kprobe();
std::string try_tracepoint(const char* name);  // raw, by a program that reads the kernel's memory
std::string try_typed_tracepoint(const char* name);
std::string try_ring(std::size_t bytes);
// At an offset of a file that begins an instruction.
std::string try_uprobe(const std::string& file, std::uint64_t offset);
std::string try_multi_uprobe(KernelTypes& types, const std::string& file, std::uint64_t offset);

// Wherever a pattern has NUMBER_TO_BE_WRITTEN.
void write_number(std::span<bpf_insn> code, std::uint32_t number);

// The functions below return an empty Descriptor and leave errno where the kernel refuses.

// A copy of a loaded program, with `number` written where the pattern has NUMBER_TO_BE_WRITTEN;
// for fentry and fexit, bound to that function.
Descriptor load_copy(const bpf_program* pattern, std::uint32_t number,
                     const FunctionType* function = nullptr);
Descriptor attach_trampoline(int program);
Descriptor attach_multi(int program, std::span<const std::uint64_t> addresses,
                        std::span<const std::uint64_t> cookies, bool at_return);
// Of a function of the kernel, by address, or of a file, by offset.
Descriptor attach_kprobe(int program, std::uint64_t address, bool at_return);
Descriptor attach_uprobe(int program, const std::string& file, std::uint64_t offset,
                         bool at_return);
// Many offsets of a file by one link.
Descriptor attach_multi_uprobe(int program, const std::string& file,
                               std::span<const std::uint64_t> offsets,
                               std::span<const std::uint64_t> cookies, bool at_return);

inline constexpr std::uint32_t multi_uprobe_attach_type =
    48;  // BPF_TRACE_UPROBE_MULTI, include/uapi/linux/bpf.h
inline constexpr const char* multi_uprobe_type = "bpf_uprobe_multi_link";  // where it is known

}  // namespace shmpath

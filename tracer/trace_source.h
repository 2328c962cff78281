// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace shmpath {

// The bytes of a trace file, unpacked when zstd packed them, in pieces: a file of any size takes
// the same memory.
class TraceSource {
 public:
  virtual ~TraceSource() = default;
  // Puts up to `size` bytes there; 0: the end. Throws Failure.
  virtual std::size_t read(char* there, std::size_t size) = 0;
  // At the end: packed data that has a beginning and no end.
  virtual bool cut_short() const { return false; }
};

// Of bytes that are there already, and outlive it.
class MemorySource : public TraceSource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}
  std::size_t read(char* there, std::size_t size) override {
    const std::size_t count = rest_.copy(there, size);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

// "-" is standard input. Opened with the rights of the person who asked (see target.h), and known
// for packed by its first bytes, whatever its name. Throws Failure.
std::unique_ptr<TraceSource> open_trace_source(const std::string& file);

// The same for what is opened already; `name` is for failures.
std::unique_ptr<TraceSource> unpack_source(std::unique_ptr<TraceSource> source,
                                           const std::string& name);

// How a failure names it.
std::string trace_source_name(const std::string& file);

}  // namespace shmpath

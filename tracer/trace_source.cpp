// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/trace_source.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "tracer/failure.h"
#include "tracer/fd.h"
#include "tracer/target.h"

namespace shmpath {
namespace {

constexpr std::size_t piece_bytes = 1 << 17;
constexpr std::string_view packed_magic("\x28\xb5\x2f\xfd", 4);  // ZSTD_MAGICNUMBER, as stored

class FileSource : public TraceSource {
 public:
  FileSource(Fd owned, int fd, std::string name)
      : owned_(std::move(owned)), fd_(fd), name_(std::move(name)) {}

  std::size_t read(char* there, std::size_t size) override {
    ssize_t got = 0;
    do got = ::read(fd_, there, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
      throw Failure("cannot read " + name_, strerror(errno), "give a trace file, or - for a pipe");
    return static_cast<std::size_t>(got);
  }

 private:
  Fd owned_;  // none for standard input
  int fd_;
  std::string name_;
};

// A source whose beginning was looked at already.
class BegunSource : public TraceSource {
 public:
  BegunSource(std::string begun, std::unique_ptr<TraceSource> rest)
      : begun_(std::move(begun)), rest_(std::move(rest)) {}

  std::size_t read(char* there, std::size_t size) override {
    if (begun_.empty()) return rest_->read(there, size);
    const std::size_t count = begun_.copy(there, size);
    begun_.erase(0, count);
    return count;
  }

 private:
  std::string begun_;
  std::unique_ptr<TraceSource> rest_;
};

// zstd refuses windows of more than 128 MiB by itself (ZSTD_WINDOWLOG_LIMIT_DEFAULT).
class PackedSource : public TraceSource {
 public:
  PackedSource(std::unique_ptr<TraceSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }

  std::size_t read(char* there, std::size_t size) override {
    ZSTD_outBuffer out{there, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !ended_) refill();
      // after the last byte, the stream may still hold what it has unpacked
      const bool last = ended_ && in_.pos == in_.size;
      if (last && !in_frame_) break;
      const std::size_t pending = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(pending))
        throw Failure("cannot unpack " + name_, ZSTD_getErrorName(pending),
                      "the file was damaged: copy it or record it again");
      in_frame_ = pending != 0;
      if (last) break;
    }
    return out.pos;
  }

  bool cut_short() const override { return in_frame_; }

 private:
  void refill() {
    in_ = {bytes_.data(), packed_->read(bytes_.data(), bytes_.size()), 0};
    ended_ = in_.size == 0;
  }

  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<TraceSource> packed_;
  std::string name_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  std::string bytes_ = std::string(piece_bytes, '\0');
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool ended_ = false, in_frame_ = false;
};

Fd open_file(const std::string& file) {
  const AsInvokingUser rights;
  Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    throw Failure("cannot read " + file, strerror(errno),
                  "give a trace file, made with --record FILE or --format jsonl");
  return fd;
}

}  // namespace

std::string trace_source_name(const std::string& file) {
  return file == "-" ? "standard input" : file;
}

std::unique_ptr<TraceSource> open_trace_source(const std::string& file) {
  Fd fd = file == "-" ? Fd() : open_file(file);
  const int number = fd ? fd.get() : STDIN_FILENO;
  const std::string name = trace_source_name(file);
  return unpack_source(std::make_unique<FileSource>(std::move(fd), number, name), name);
}

std::unique_ptr<TraceSource> unpack_source(std::unique_ptr<TraceSource> source,
                                           const std::string& name) {
  std::string begun;
  while (begun.size() < packed_magic.size()) {
    char bytes[packed_magic.size()];
    const std::size_t got = source->read(bytes, packed_magic.size() - begun.size());
    if (got == 0) break;
    begun.append(bytes, got);
  }
  const bool packed = begun == packed_magic;
  source = std::make_unique<BegunSource>(std::move(begun), std::move(source));
  if (!packed) return source;
  return std::make_unique<PackedSource>(std::move(source), name);
}

}  // namespace shmpath

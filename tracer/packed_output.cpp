// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/packed_output.h"

#include <zstd.h>

#include <new>
#include <string>

#include "tracer/failure.h"

namespace shmpath {
namespace {

// A trace is packed while its program waits for us.
constexpr int level = 3;
// What a flush lets through: each costs some bytes of the packed file, and comes every few ms.
constexpr std::size_t least_flushed = 1 << 16;

class PackedOutput : public Output {
 public:
  explicit PackedOutput(std::unique_ptr<Output> packed)
      : packed_(std::move(packed)), stream_(ZSTD_createCCtx()) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
  }

  void write(std::string_view text) override {
    pack(text, ZSTD_e_continue);
    unflushed_ += text.size();
  }

  void flush() override {
    if (unflushed_ < least_flushed) return;
    unflushed_ = 0;
    pack({}, ZSTD_e_flush);
    packed_->flush();
  }

  void end() override {
    pack({}, ZSTD_e_end);
    packed_->end();
  }

 private:
  void pack(std::string_view text, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{bytes_.data(), bytes_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(stream_.get(), &out, &in, how);
      if (ZSTD_isError(left))
        throw Failure("cannot pack the trace", ZSTD_getErrorName(left),
                      "record to a file whose name does not end in .zst");
      packed_->write({bytes_.data(), out.pos});
      more = how == ZSTD_e_continue ? in.pos < in.size : left > 0;
    }
  }

  struct Free {
    void operator()(ZSTD_CCtx* stream) const { ZSTD_freeCCtx(stream); }
  };
  std::unique_ptr<Output> packed_;
  std::unique_ptr<ZSTD_CCtx, Free> stream_;
  std::string bytes_ = std::string(ZSTD_CStreamOutSize(), '\0');
  std::size_t unflushed_ = 0;
};

}  // namespace

std::unique_ptr<Output> pack_output(std::unique_ptr<Output> packed) {
  return std::make_unique<PackedOutput>(std::move(packed));
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/graded_trace.h"

#include <memory>

#include "tracer/failure.h"
#include "tracer/trace_reader.h"

namespace shmpath {
namespace {

struct TooLong {};

// A few packed bytes may become any number of bytes.
class BoundedSource : public TraceSource {
 public:
  explicit BoundedSource(std::unique_ptr<TraceSource> source) : source_(std::move(source)) {}
  std::size_t read(char* there, std::size_t size) override {
    const std::size_t got = source_->read(there, size);
    bytes_ += got;
    if (bytes_ > most_unpacked_bytes) throw TooLong();
    return got;
  }
  bool cut_short() const override { return source_->cut_short(); }

 private:
  std::unique_ptr<TraceSource> source_;
  std::size_t bytes_ = 0;
};

}  // namespace

SubmissionTrace read_submission_trace(const std::string& packed) {
  SubmissionTrace trace;
  const std::string name = "the trace";
  try {
    auto unpacked = unpack_source(std::make_unique<MemorySource>(packed), name);
    TraceReader reader(std::make_unique<BoundedSource>(std::move(unpacked)), name);
    trace.header = reader.header();
    Path path([&](const Event& event) { trace.events.push_back(event); }, Path::From::file);
    for (TraceEvent line; reader.next(line);) {
      if (trace.events.size() >= most_trace_events) throw TooLong();
      path.add(std::move(line.event));
    }
    path.finish();
    trace.summary = reader.summary();
  } catch (const TooLong&) {
    trace.too_long = true;
  } catch (const Failure& failure) {
    trace.unreadable = failure.what();
  }
  return trace;
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "tracer/failure.h"
#include "tracer/words.h"

namespace shmpath {
namespace {

constexpr std::size_t piece_bytes = 1 << 18;
constexpr const char* to_show = "make one with --record FILE or --format jsonl";

}  // namespace

// The file's lines, one after the other, each followed by the bytes that the parser may read on.
class TraceReader::Lines {
 public:
  explicit Lines(std::unique_ptr<TraceSource> source) : source_(std::move(source)) {}

  enum class Got { line, end, torn, too_long };

  // A line without its end. `torn`: the file ends within one.
  Got next(std::string_view& line) {
    std::size_t seen = 0;  // of what is there: no line ends in it
    while (true) {
      const char* begin = bytes_.data() + begin_;
      const void* end = std::memchr(begin + seen, '\n', end_ - begin_ - seen);
      if (end) {
        line = {begin, static_cast<std::size_t>(static_cast<const char*>(end) - begin)};
        begin_ += line.size() + 1;
        number_++;
        return Got::line;
      }
      seen = end_ - begin_;
      if (seen > longest_trace_line) return number_++, Got::too_long;
      if (!read_on()) break;
    }
    if (end_ == begin_) return Got::end;
    number_++;
    return Got::torn;
  }

  std::uint64_t number() const { return number_; }
  bool cut_short() const { return source_->cut_short(); }

 private:
  bool read_on() {
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
              bytes_.begin() + static_cast<std::ptrdiff_t>(end_), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (bytes_.size() < end_ + piece_bytes + parser_padding)
      bytes_.resize(2 * end_ + piece_bytes + parser_padding);
    const std::size_t got = source_->read(bytes_.data() + end_, piece_bytes);
    end_ += got;
    return got > 0;
  }

  std::unique_ptr<TraceSource> source_;
  std::vector<char> bytes_ = std::vector<char>(piece_bytes + parser_padding);
  std::size_t begin_ = 0, end_ = 0;  // of what is not read yet
  std::uint64_t number_ = 0;
};

TraceReader::TraceReader(std::unique_ptr<TraceSource> source, std::string name)
    : name_(std::move(name)),
      lines_(std::make_unique<Lines>(std::move(source))),
      parser_(std::make_unique<TraceParser>()) {
  std::string_view line;
  const auto got = lines_->next(line);
  if (got == Lines::Got::end) fail("empty: no trace", to_show);
  if (got == Lines::Got::torn) fail("cut off in the header, or no trace at all", to_show);
  if (got == Lines::Got::too_long) fail_too_long();
  guarded([&] {
    const TraceLine type = parser_->parse(line);
    if (type != TraceLine::header) throw BadTrace{"no header: not a trace file", to_show};
    header_ = parser_->header();
  });
}

TraceReader::~TraceReader() = default;

void TraceReader::fail(const std::string& reason, const std::string& remedy) const {
  throw Failure(
      fmt::format("cannot read {}:{}", name_, std::max<std::uint64_t>(lines_->number(), 1)), reason,
      remedy);
}

void TraceReader::fail_too_long() const {
  fail(fmt::format("a line of more than {} MiB", longest_trace_line >> 20), to_show);
}

template <typename Parse>
void TraceReader::guarded(Parse parse) const {
  try {
    parse();
  } catch (const BadTrace& bad) {
    fail(bad.reason, bad.remedy);
  }
}

bool TraceReader::next(TraceEvent& into) {
  while (true) {
    std::string_view line;
    const auto got = lines_->next(line);
    if (got == Lines::Got::too_long) fail_too_long();
    if (got != Lines::Got::line) fail_cut_off(got == Lines::Got::torn);
    TraceLine type{};
    guarded([&] {
      type = parser_->parse(line);
      if (type == TraceLine::header) throw BadTrace{"a second header", to_show};
      if (type == TraceLine::event) parser_->event(into);
      if (type == TraceLine::summary) summary_ = parser_->summary();
    });
    if (type == TraceLine::event) {
      events_ += into.event.type != EventType::lost;
      return true;
    }
    if (type == TraceLine::summary) return end(), false;
  }
}

// A torn line may be a whole one whose end alone is missing; that is not for us to guess.
void TraceReader::fail_cut_off(bool torn) const {
  const bool packed = lines_->cut_short();
  fail(fmt::format("cut off{}: no summary", packed ? " in its packed data"
                                            : torn ? " in this line"
                                                   : ""),
       "what was before it can be shown; record it again for the rest");
}

void TraceReader::end() {
  if (summary_.counts.events != events_)
    fail(fmt::format("the summary counts {}, but the file has {}",
                     plural(summary_.counts.events, "event"), events_),
         "lines are missing or were added: record it again");
  std::string_view line;
  if (lines_->next(line) != Lines::Got::end)
    fail("something follows the summary", "the file was changed: record it again");
  if (lines_->cut_short()) fail("the packed data has no end", "copy the file or record it again");
}

}  // namespace shmpath

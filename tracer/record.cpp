// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/record.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tracer/failure.h"
#include "tracer/output.h"
#include "tracer/packed_output.h"

namespace shmpath {
namespace {

class Recorder : public Renderer {
 public:
  Recorder(std::unique_ptr<Output> file, Renderer& shown)
      : file_(std::move(file)), lines_(make_jsonl_renderer(*file_)), shown_(shown) {}

  void header(const Header& header) override {
    lines_->header(header);
    shown_.header(header);
  }
  void event(const Event& event) override {
    lines_->event(event);
    shown_.event(event);
  }
  void summary(const Summary& summary) override {
    lines_->summary(summary);
    file_->end();
    shown_.summary(summary);
  }
  void flush() override {
    lines_->flush();
    shown_.flush();
  }
  void idle() override {
    lines_->idle();
    shown_.idle();
  }

 private:
  std::unique_ptr<Output> file_;
  std::unique_ptr<Renderer> lines_;
  Renderer& shown_;
};

// Whether writing to one would empty the other. Any number may write to a pipe or a device.
bool same_file(const std::string& one, const std::string& other) {
  for (const std::string& file : {one, other})
    if (file.empty() || file == "-") return false;
  struct stat a {};
  struct stat b {};
  if (stat(one.c_str(), &a) != 0) {  // not there yet
    std::error_code error;
    return std::filesystem::weakly_canonical(one, error) ==
           std::filesystem::weakly_canonical(other, error);
  }
  return stat(other.c_str(), &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

std::unique_ptr<Renderer> make_recorder(const Options& options, Renderer& shown) {
  if (options.record.empty()) return nullptr;
  auto file = open_output(options.record, "--record");
  if (is_packed_name(options.record)) file = pack_output(std::move(file));
  return std::make_unique<Recorder>(std::move(file), shown);
}

bool is_packed_name(std::string_view file) { return file.ends_with(".zst"); }

void check_outputs(const Options& options) {
  const std::string &record = options.record, &output = options.output, &input = options.file;
  if (!record.empty() && (record == output || same_file(record, output)))
    throw Failure("--record " + record, "-o writes there too", "give two files");
  for (const std::string& file : {output, record})
    if (same_file(file, input))
      throw Failure("cannot write to " + file, "it is the recording that is read",
                    "give another file");
}

}  // namespace shmpath

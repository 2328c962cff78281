// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/grade.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "classroom/grade_progress.h"
#include "tracer/failure.h"
#include "tracer/grading_root.h"
#include "tracer/kernels.h"
#include "tracer/output.h"
#include "tracer/place.h"
#include "tracer/target.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

namespace fs = std::filesystem;

std::vector<const ExerciseKit*> exercises_asked(const std::vector<ExerciseKit>& kits,
                                                const std::vector<std::string>& names) {
  std::vector<const ExerciseKit*> only;
  only.reserve(names.size());
  for (const std::string& name : names) only.push_back(&find_exercise(kits, name));
  return only;
}

fs::path results_folder(const GradeOptions& grade) {
  return grade.results.empty() ? fs::path(grade.folder) / ".shmpath-results"
                               : fs::path(grade.results);
}

GradeStore open_store(const GradeOptions& grade, GradeStore::Make make) {
  return {results_folder(grade), make,
          grade.results.empty() ? GradeStore::Where::beside : GradeStore::Where::asked};
}

std::vector<GradeStore> stores_to_merge(const GradeOptions& grade) {
  std::vector<GradeStore> stores;
  for (const std::string& folder : grade.merged) stores.emplace_back(folder, GradeStore::Make::no);
  if (stores.empty()) stores.push_back(open_store(grade, GradeStore::Make::no));
  return stores;
}

// Before anything is graded. Fetches the kernel if it is not there.
void need_vm(const std::string& kernel) {
  if (in_guest())
    throw Failure("cannot grade", "this is the VM, and each submission needs one of its own",
                  "run shmpath grade on the machine itself");
  for (const VmProgram& program : vm_programs())
    if (!program.there)
      throw Failure("cannot grade: there is no VM",
                    fmt::format("{} is not installed", program.program),
                    fmt::format("apt-get install --no-install-recommends {}; see shmpath doctor",
                                program.package));
  const AsInvokingUser rights;
  find_kernel(kernel);
}

GradeWork work_in_vm(const Catalogue& catalogue, const std::string& kernel) {
  return [&catalogue, kernel](const HandIn& what) {
    const Submission submission = read_hand_in(what);
    if (key_of(what, submission) != what.key)
      return no_grade(what.kit->exercise, "its files changed while it was graded", true);
    JudgePlace place;
    place.kernel = kernel;
    const auto judge = start_judge(place);
    return assess(*what.kit, submission, *judge, catalogue, {});
  };
}

void grade_missing(const std::vector<HandIn>& all, const GradeStore& store,
                   const Options& options) {
  const std::vector<HandIn> todo = without_result(all, store, options.kernel, options.grade.again);
  if (todo.empty()) return;
  need_vm(options.kernel);
  const Catalogue catalogue = load_catalogue(labs_folder(options.labs));
  LoopOptions loop;
  loop.jobs = options.grade.jobs ? options.grade.jobs
                                 : std::max(1U, std::thread::hardware_concurrency() / 2);
  loop.kernel = options.kernel;
  GradeProgress progress(all.size() - todo.size(), all.size());
  grade_all(todo, store, work_in_vm(catalogue, options.kernel), loop, progress);
}

bool is_folder_name(const std::string& output) {
  return output.ends_with('/') || (output != "-" && fs::is_directory(output));
}

bool one_each(const GradeOptions& grade) {
  return grade.report == "gradescope" || grade.report == "classroom";
}

// Whether the report is more than one file. Refuses what could not be written, before anything is
// graded.
bool into_folder(const std::vector<HandIn>& all, const Options& options) {
  if (!one_each(options.grade)) return false;
  const auto handed_in = std::ranges::count_if(all, [](const HandIn& one) { return !one.absent; });
  if (is_folder_name(options.output)) return true;
  if (handed_in == 1) return false;
  if (options.output.empty() || options.output == "-")
    throw Failure("--report " + options.grade.report,
                  fmt::format("it is one file for each submission, and there are {}", handed_in),
                  "give a folder for them: -o FOLDER, or one submission by --only");
  return true;
}

void write_file(const std::string& file, const std::string& text) {
  const auto output = open_output(file.empty() ? "-" : file);
  output->write(text);
  output->flush();
}

void write_folder(const fs::path& folder, const ClassReport& report, const std::string& format) {
  for (const auto& [name, text] : report_files(report, format)) {
    std::error_code error;
    {
      const AsInvokingUser rights;
      fs::create_directories((folder / name).parent_path(), error);
    }
    write_file(folder / name, text);
  }
}

void write_report(const ClassReport& report, const Options& options, bool folder) {
  const std::string& format = options.grade.report;
  if (format.empty()) return;
  if (format == "json") return write_file(options.output, class_json(report));
  if (format == "csv") return write_file(options.output, class_csv(report));
  if (format == "junit") return write_file(options.output, class_junit(report));
  if (folder) return write_folder(options.output, report, format);
  for (const auto& [name, text] : report_files(report, format)) write_file(options.output, text);
}

// A submission must see neither the others nor what they got, nor the hidden lines.
void require_hidden(const GradeOptions& grade) {
  const auto shares = grading_shares("/");
  for (const fs::path& folder :
       {fs::path(grade.folder), results_folder(grade), exercises_folder(grade.exercises)})
    refuse_shared(shares, folder);
}

}  // namespace

int grade_class(const Options& options) {
  const GradeOptions& grade = options.grade;
  if (!grade.merge) require_hidden(grade);
  const std::vector<ExerciseKit> kits = load_exercises(grade.exercises);
  const StudentClass found = read_class(grade.folder, kits, exercises_asked(kits, grade.only));
  for (const std::string& unknown : found.unknown) fmt::print(stderr, "left out: {}\n", unknown);
  if (found.handed_in.empty() && found.unread.empty())
    throw Failure("cannot grade " + escape_bytes(grade.folder), "there is no submission in it",
                  "give a folder that has DIR/<student>/<NN-name>/");
  const std::vector<HandIn> all = take_shard(found.handed_in, grade.shard, grade.shards);
  const bool folder = into_folder(all, options);

  std::vector<GradeStore> stores;
  if (grade.merge) {
    stores = stores_to_merge(grade);
  } else {
    stores.push_back(open_store(grade, GradeStore::Make::yes));
    stores.front().lock(grade.shard, grade.shards);
    grade_missing(all, stores.front(), options);
  }
  ClassReport report = merge_results(all, stores);
  report.chinese = options.chinese();
  report.missing.insert(report.missing.end(), found.unread.begin(), found.unread.end());
  write_report(report, options, folder);
  fmt::print(stderr, "{}", class_table(report));
  const bool again = std::ranges::any_of(
      report.submissions, [](const GradedSubmission& one) { return one.assessment.again; });
  return again || !report.missing.empty() ? 1 : 0;
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/options_grade.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>
#include <string_view>

#include "tracer/failure.h"
#include "tracer/options.h"

namespace shmpath {
namespace {

constexpr unsigned most_shards = 100'000, most_jobs = 1024;

std::optional<unsigned> number_in(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void take_shard_option(GradeOptions& grade, const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto shard = number_in(std::string_view(text).substr(0, slash));
  const auto shards = slash == std::string::npos
                          ? std::nullopt
                          : number_in(std::string_view(text).substr(slash + 1));
  if (!shard || !shards || *shard < 1 || *shard > *shards || *shards > most_shards)
    throw Failure("--shard " + text, "it is the part and how many parts there are, from 1/N to N/N",
                  "for the first of four parts: --shard 1/4");
  grade.shard = *shard;
  grade.shards = *shards;
}

}  // namespace

CLI::App* add_grade(CLI::App& app, Options& options) {
  GradeOptions& grade = options.grade;
  CLI::App* command = app.add_subcommand(
      "grade", "Grade submissions, DIR/<student>/<NN-name>/, each in a VM of its own");
  command->add_option("DIR", grade.folder, "The folder of the class")->required();
  command->add_option("--jobs", grade.jobs, "How many are graded at once (half of the processors)")
      ->check(CLI::Range(1U, most_jobs))
      ->type_name("N");
  command
      ->add_option_function<std::string>(
          "--shard", [&grade](const std::string& text) { take_shard_option(grade, text); },
          "Only the I-th of N parts, for several machines; I is 1 to N")
      ->type_name("I/N");
  command
      ->add_option("--report", grade.report,
                   "Write the grades as gradescope, classroom, junit, csv or json")
      ->check(CLI::IsMember({"gradescope", "classroom", "junit", "csv", "json"}));
  command
      ->add_option("-o", options.output,
                   "Where the report goes: a file, or a folder for one file a submission")
      ->type_name("FILE");
  command->add_option("--results", grade.results, "Where results are kept (DIR/.shmpath-results)")
      ->type_name("DIR");
  command
      ->add_option_function<std::vector<std::string>>(
          "--merge",
          [&grade](const std::vector<std::string>& folders) {
            grade.merge = true;
            for (const std::string& folder : folders)
              if (!folder.empty() && folder != "{}") grade.merged.push_back(folder);
          },
          "Grade nothing: read the results in these folders (that of --results)")
      ->expected(0, -1)
      ->type_name("DIR");
  command->add_option("--exercises", grade.exercises, "Folder of the exercises")->type_name("DIR");
  command
      ->add_option_function<std::string>(
          "--only",
          [&grade](const std::string& names) {
            for (std::string& name : CLI::detail::split(names, ','))
              if (!name.empty()) grade.only.push_back(std::move(name));
          },
          "Only these exercises, and everybody is to have handed them in")
      ->type_name("NN[,NN...]");
  command->add_flag("--again", grade.again, "Grade anew what has a result");
  command
      ->add_option_function<std::string>(
          "--place",
          [](const std::string& place) {
            if (place != "vm")
              throw Failure("--place " + place, "programs of strangers are graded in the VM only",
                            "for your own work: shmpath exercise check --place host");
          })
      ->group("");  // there is none, but who looks for it is told why
  command->footer(
      "Exit status: 0, all have a result; 1, some could not be graded; 125, shmpath failed");
  return command;
}

void check_grade_options(const Options& options) {
  if (options.command != Command::grade) return;
  const GradeOptions& grade = options.grade;
  if (!options.output.empty() && grade.report.empty())
    throw Failure("-o " + options.output, "there is no report to write",
                  "say which: --report gradescope|classroom|junit|csv|json");
  if (grade.merge && (grade.again || grade.shards > 1 || grade.jobs))
    throw Failure("--merge", "it grades nothing, so there is nothing to share or to repeat",
                  "leave out --again, --shard and --jobs, or --merge");
}

}  // namespace shmpath

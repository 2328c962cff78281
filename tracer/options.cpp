// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>

#include "tracer/failure.h"
#include "tracer/options_hidden.h"
#include "tracer/options_tree.h"
#include "tracer/options_vm.h"
#include "tracer/version.h"

namespace shmpath {
namespace {

constexpr std::size_t least_buffer = 4096, most_buffer = std::size_t{1} << 30;

void add_observing(CLI::App* app, Options& options) {
  app->add_option("--place", options.place, "Where to observe: host, vm or auto")
      ->check(CLI::IsMember({"host", "vm", "auto"}));
  app->add_option("--view", options.view,
                  "How to observe the kernel: functions, tracepoints, syscalls or auto")
      ->check(CLI::IsMember({"functions", "tracepoints", "syscalls", "auto"}));
  app->add_option_function<std::string>(
         "--functions",
         [&options](const std::string& names) {
           for (std::string& name : CLI::detail::split(names, ','))
             if (!name.empty()) options.functions.push_back(std::move(name));
         },
         "Probe only these kernel functions")
      ->type_name("NAME[,NAME...]");
  app->add_option("--attach", options.attach,
                  "How kernel functions are probed: auto, fentry, kprobe-multi or kprobe")
      ->check(CLI::IsMember({"auto", "fentry", "kprobe-multi", "kprobe"}));
  add_kernel(app, options.kernel);
  app->add_option("--buffer", options.buffer_bytes,
                  "Bytes of the ring between kernel and tracer, a power of two")
      ->transform(CLI::AsSizeValue(false));
  app->add_flag("--verify-stacks", options.verify_stacks,
                "Unwind every stack, also those recognised, and count differences");
}

void add_showing(CLI::App* app, Options& options) {
  app->add_option("--format", options.format, "tree, strace, jsonl, perfetto or html")
      ->check(CLI::IsMember({"tree", "jsonl", "strace", "perfetto", "html"}));
  app->add_option("-o", options.output, "Write the trace to FILE (- is standard output)")
      ->type_name("FILE");
  app->add_option("--record", options.record,
                  "Write the trace to FILE too, for replay; packed by zstd if it ends in .zst")
      ->type_name("FILE");
  app->add_option("--color", options.colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  add_tree_options(app, options);
}

void add_lang(CLI::App* app, Options& options) {
  app->add_option("--lang", options.lang, "Language of explanations: en or zh")
      ->check(CLI::IsMember({"en", "zh"}));
}

// Refuses what the design has but this version has not, instead of doing something else.
void check_supported(const Options& options) {
  if (options.format == "html" && options.output.empty() && options.command != Command::replay)
    throw Failure("--format html", "a page is nothing to read on standard error",
                  "give it a file: -o FILE.html");
  if (options.step && options.format != "tree")
    throw Failure("--step", "it shows each step as a tree, not as " + options.format,
                  "leave out --format, or --step");
  check_tree_options(options);
  check_grade_options(options);
  bool good = std::has_single_bit(options.buffer_bytes) && options.buffer_bytes >= least_buffer &&
              options.buffer_bytes <= most_buffer;
  if (!good)
    throw Failure(fmt::format("--buffer {}", options.buffer_bytes),
                  "not a power of two from 4 KiB to 1 GiB", "try --buffer 64MiB");
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word.substr(0, word.find('='))) != words.end();
}

constexpr std::string_view commands[] = {"list",   "run",     "trace",   "check",
                                         "replay", "explain", "doctor",  "exercise",
                                         "grade",  "vm",      "vm-agent"};

[[noreturn]] void refuse_option(const std::string& option, const std::string& command) {
  throw Failure(fmt::format("cannot understand `{}`", option),
                fmt::format("no such option of {}", command),
                fmt::format("see {} --help", command));
}

[[noreturn]] void refuse_words(const CLI::ParseError& error, std::span<char*> words) {
  std::string first = words.size() > 1 ? words[1] : "";
  if (!first.empty() && first[0] != '-' && !is_one_of(first, commands))
    throw Failure("unknown command " + first,
                  "the commands are list, run, trace, check, replay, explain, doctor, exercise, "
                  "grade and vm",
                  "see shmpath --help");
  bool named = is_one_of(first, commands);
  throw Failure(named ? fmt::format("cannot understand `shmpath {}`", first)
                      : "cannot understand the command line",
                error.what(), "see shmpath --help");
}

CLI::App* add_list(CLI::App& app, Options& options) {
  CLI::App* list =
      app.add_subcommand("list", "The labs, with title and what this machine can show");
  list->add_flag("--names", options.list_names,
                 "Names and titles only, at once: the machine is not looked at");
  add_lang(list, options);
  return list;
}

CLI::App* add_check(CLI::App& app, Options& options) {
  CLI::App* check = app.add_subcommand("check", "Documented against observed, and the claims");
  check->add_option("LAB", options.lab, "a lab, or all")->required();
  check
      ->add_option("-o", options.output,
                   "Write what was found to FILE as JSON (- is standard output, without the text)")
      ->type_name("FILE");
  add_observing(check, options);
  add_lang(check, options);
  return check;
}

CLI::App* add_replay(CLI::App& app, Options& options) {
  CLI::App* replay = app.add_subcommand("replay", "Show a recorded trace; needs no root");
  replay->add_option("FILE", options.file, "A trace of --record or --format jsonl; - is a pipe")
      ->required();
  add_showing(replay, options);
  add_lang(replay, options);
  return replay;
}

CLI::App* add_explain(CLI::App& app, Options& options) {
  CLI::App* explain =
      app.add_subcommand("explain", "What a function, system call, trace point or claim is");
  auto* name = explain->add_option("NAME", options.name, "mmap, shmem_fault, mm_page_alloc, C19");
  explain->add_flag("--list", options.list_names, "All names, as without NAME")->excludes(name);
  add_lang(explain, options);
  return explain;
}

CLI::App* add_doctor(CLI::App& app, Options& options) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "What this machine can show, what is missing, and what mends it");
  doctor->add_flag("--json", options.json, "One JSON object");
  doctor->footer(
      "Exit status: 0, the host shows kernel paths; 1, the VM does; 2, system calls only; 3, only "
      "replay; 4, not even the labs are found");
  return doctor;
}

// The words of the command: those that the parser left, and all from the first -- on.
void take_command(Options& options, const CLI::App& app, std::span<char*> after,
                  const std::string& command) {
  options.words = app.remaining();
  if (!options.words.empty() && options.words[0].starts_with('-'))
    refuse_option(options.words[0], command);
  // a -- after the command's first word is the command's own
  if (options.words.empty() && !after.empty()) after = after.subspan(1);
  options.words.insert(options.words.end(), after.begin(), after.end());
}

void take_vm(Options& options, const VmCommands& vm, std::span<char*> after) {
  if (vm.shell->parsed()) options.command = Command::vm_shell;
  if (vm.fetch->parsed()) options.command = Command::vm_fetch;
  if (vm.list->parsed()) options.command = Command::vm_list;
  if (!vm.run->parsed()) return;
  options.command = Command::vm_run;
  take_command(options, *vm.run, after, "shmpath vm run");
}

// --kernel is the VM's.
void settle_place(Options& options) {
  const bool observes = options.command == Command::run || options.command == Command::trace ||
                        options.command == Command::check;
  if (!observes || options.kernel.empty()) return;
  if (options.place == "host")
    throw Failure("--kernel " + options.kernel, "the host has the kernel that it has",
                  "leave out --place host");
  options.place = "vm";
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Shows the path of a program's shared memory calls from the C library into the kernel.",
      "shmpath"};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.add_option("--labs", options.labs, "Folder of the labs")->type_name("DIR");
  app.fallthrough();

  const CLI::App* list = add_list(app, options);

  CLI::App* run = app.add_subcommand("run", "Run a lab under the tracer");
  run->add_option("LAB", options.lab, "01, posix-shm or 01-posix-shm")->required();
  run->add_flag("--step", options.step, "Wait before each step, and ask what the kernel will do");

  CLI::App* trace =
      app.add_subcommand("trace", "Trace any program: trace [options] -- COMMAND [ARG...]");
  trace->add_option("-p", options.pid, "Attach to the running process PID")->type_name("PID");
  trace->footer("The command follows the options: shmpath trace --format jsonl -o FILE -- ls -l");
  trace->prefix_command();
  trace->fallthrough(false);  // the words of the command are not ours to understand

  const CLI::App* check = add_check(app, options);

  for (CLI::App* tracing : {run, trace}) {
    add_observing(tracing, options);
    add_showing(tracing, options);
    add_lang(tracing, options);
    tracing->add_flag("--no-follow", options.no_follow,
                      "Do not trace the processes that the program starts");
  }

  const CLI::App* replay = add_replay(app, options);
  const CLI::App* explain = add_explain(app, options);
  const CLI::App* doctor = add_doctor(app, options);
  CLI::App* grade = add_grade(app, options);
  add_kernel(grade, options.kernel);
  add_lang(grade, options);
  const VmCommands vm = add_vm(app, options);
  const CLI::App* exercise = add_exercise(app, options);
  const HiddenCommands hidden = add_hidden(app, options);

  // What follows the first -- is the program to trace, whatever it looks like.
  int own = 1;
  while (own < argc && strcmp(argv[own], "--") != 0) own++;
  try {
    app.parse(own, argv);
  } catch (const CLI::Success& asked) {
    options.status = app.exit(asked);
    return options;
  } catch (const CLI::ParseError& error) {
    refuse_words(error, {argv, static_cast<std::size_t>(own)});
  }
  if (list->parsed()) options.command = Command::list;
  if (run->parsed()) options.command = Command::run;
  if (check->parsed()) options.command = Command::check;
  if (replay->parsed()) options.command = Command::replay;
  if (explain->parsed()) options.command = Command::explain;
  if (doctor->parsed()) options.command = Command::doctor;
  if (grade->parsed()) options.command = Command::grade;
  const std::span<char*> after(argv + own, argv + argc);
  if (trace->parsed()) {
    options.command = Command::trace;
    take_command(options, *trace, after, "shmpath trace");
  }
  take_vm(options, vm, after);
  take_exercise(options, *exercise);
  take_hidden(options, hidden);
  settle_place(options);
  check_supported(options);
  return options;
}

}  // namespace shmpath

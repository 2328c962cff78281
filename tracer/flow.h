// SPDX-License-Identifier: BSD-2-Clause
//
// The catalogue: labs/NN-name/flow.toml, the documented path of each lab as data.
// The format is described in docs/adding-a-lab.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shmpath {

// One text in both languages.
struct Text {
  std::string en, zh;
  const std::string& in(bool chinese) const { return chinese && !zh.empty() ? zh : en; }
};

struct KernelFunction {
  std::string name;                  // as documented
  std::vector<std::string> names;    // on other kernels, newest first
  std::string source;                // file in the kernel tree
  std::string inlined_into;          // documented name, "" if it keeps its own symbol
  std::vector<std::string> witness;  // tracepoints whose stacks pass through it
  std::vector<std::string> calls;    // documented names of functions that it calls itself
  std::vector<std::string> args;     // those worth showing; empty: all that can be
  Text text;
};

struct FlowStep {
  std::string program;
  unsigned number = 0;
  Text text;
  std::string user;                  // libc function, or ""
  std::vector<std::string> syscall;  // documented name first, then what it may be today
  std::vector<std::string> kernel;   // documented names, outermost first
};

// What the trace must hold for a claim: `min` to `max` calls or points of this description.
struct Rule {
  std::vector<std::string> call;  // any of these names
  std::string layer, inside, program;
  std::optional<unsigned> step;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      args;                        // name; a glob, or flags that must all be set
  std::vector<std::string> stack;  // documented names, all of them
  std::string ret;                 // a glob for the result
  std::optional<bool> fails;       // it must return an error, or return without one
  std::size_t min = 1;
  std::optional<std::size_t> max;
  bool operator==(const Rule&) const = default;
};

// What we believe of a claim; with `depends`, holds and differs are both right, and the truth says
// on what it depends.
enum class Expect { holds, differs, depends };

struct Claim {
  std::string id;
  Text text, truth;
  Expect expect = Expect::holds;
  bool program = true;  // the lab prints a verdict that counts
  std::vector<Rule> see;
};

struct Flow {
  unsigned number = 0;
  std::string name;    // "posix-shm"
  std::string folder;  // where flow.toml and the programs are
  Text title;
  std::vector<std::string> programs;  // run one after the other
  std::vector<std::string> started;  // those that one of `programs` starts; with steps of their own
  std::vector<std::string> modules;  // kernel modules it needs, each with its options
  std::vector<std::string> devices;  // device files its programs open, all below /dev
  std::string disk;                  // the file system of their current folder in the VM, or ""
  std::vector<FlowStep> steps;
  std::vector<Claim> claims;
  std::string id() const;  // "01-posix-shm"
};

struct Catalogue {
  std::vector<Flow> flows;                          // by number
  std::map<std::string, KernelFunction> functions;  // by documented name
  const Flow& lab(
      std::string_view name) const;  // "01", "posix-shm" or "01-posix-shm"; throws Failure
};

// Every name a documented function goes by, its own first.
std::vector<std::string> all_names(const std::string& documented,
                                   const std::map<std::string, KernelFunction>& functions);
// What it may be inlined into where it has no symbol, the nearest first: that may be inlined too.
std::vector<std::string> hosts_of(const KernelFunction& function,
                                  const std::map<std::string, KernelFunction>& functions);

class Fields;
// A [[...see]] table: what a flow file and a rubric have in common.
Rule parse_rule(Fields fields);

// Reads every NN-name/flow.toml in the folder. Throws Failure that names the file and line.
Catalogue load_catalogue(const std::string& folder);

// One flow file; its functions are added to `functions`.
Flow parse_flow(std::string_view text, const std::string& file,
                std::map<std::string, KernelFunction>& functions);

// Where the labs of a shmpath at `program` are: where `cmake --install` puts them, seen from the
// program, so that the whole may lie anywhere; else ../labs, where the build puts them.
std::string labs_of(const std::filesystem::path& program);

// Where the labs are: `asked` if given, else those of this program.
std::string labs_folder(const std::string& asked);

}  // namespace shmpath

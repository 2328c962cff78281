// SPDX-License-Identifier: BSD-2-Clause
//
// Commands that are for shmpath itself: no help names them.
#pragma once

namespace CLI {
class App;
}

namespace shmpath {

struct Options;

struct HiddenCommands {
  CLI::App* agent;         // what shmpath is inside its VM
  CLI::App *judge, *runs;  // what judges a submission, and what runs it, traced
};
HiddenCommands add_hidden(CLI::App& app, Options& options);

// Once the command line is parsed.
void take_hidden(Options& options, const HiddenCommands& hidden);

}  // namespace shmpath

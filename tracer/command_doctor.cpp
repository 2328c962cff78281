// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tracer/commands.h"
#include "tracer/doctor.h"

namespace shmpath {

int diagnose(const Options& options) {
  const Diagnosis diagnosis = judge(gather_facts(options));
  const char* no_color = getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
  fmt::print("{}", options.json ? doctor_json(diagnosis) : doctor_text(diagnosis, colour));
  return static_cast<int>(diagnosis.verdict.works);
}

}  // namespace shmpath

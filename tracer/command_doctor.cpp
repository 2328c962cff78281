// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <cstdio>

#include "tracer/commands.h"
#include "tracer/doctor.h"

namespace shmpath {

int diagnose(const Options& options) {
  const Diagnosis diagnosis = judge(gather_facts(options));
  fmt::print(
      "{}", options.json ? doctor_json(diagnosis) : doctor_text(diagnosis, colour_wanted(options)));
  return static_cast<int>(diagnosis.verdict.works);
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/version.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tracer/doctor.h"
#include "tracer/render.h"
#include "tracer/report.h"

namespace shmpath {

std::string shmpath_version() { return SHMPATH_VERSION; }

std::string version_text() {
  utsname kernel{};
  uname(&kernel);
  const bool types = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
  return fmt::format(
      "shmpath {}\n"
      "libbpf   {}.{}, built with {}.{}\n"
      "formats  {}, {}, {}\n"
      "kernel   Linux {} on {}, {} BTF",
      SHMPATH_VERSION, libbpf_major_version(), libbpf_minor_version(), LIBBPF_MAJOR_VERSION,
      LIBBPF_MINOR_VERSION, trace_format, check_format, doctor_format, kernel.release,
      kernel.machine, types ? "with" : "without");
}

}  // namespace shmpath

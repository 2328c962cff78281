// SPDX-License-Identifier: BSD-2-Clause
//
// shmpath explain: one name, or all of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tracer/commands.h"
#include "tracer/explain.h"
#include "tracer/failure.h"
#include "tracer/screen_text.h"
#include "tracer/text.h"

namespace shmpath {

int explain_name(const Options& options) {
  const Reference reference = load_reference(labs_folder(options.labs));
  const PageStyle style{options.chinese(), output_columns()};
  if (options.name.empty()) {
    fmt::print("{}", name_list(reference, style));
    return 0;
  }
  const std::string page = explain(reference, options.name, style);
  if (!page.empty()) {
    fmt::print("{}", page);
    return 0;
  }
  constexpr std::size_t few = 5;
  const auto near = near_names(reference, options.name, few);
  throw Failure("cannot explain " + escape_bytes(options.name),
                "no function, system call, trace point or claim of the labs has that name",
                near.empty() ? "shmpath explain --list shows all names"
                             : fmt::format("did you mean {}?", fmt::join(near, ", ")));
}

}  // namespace shmpath

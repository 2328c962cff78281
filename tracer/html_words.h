// SPDX-License-Identifier: BSD-2-Clause
//
// What the HTML report says beside the trace: what the names in it are, the documented path against
// the observed one, and the claims. As JSON.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tracer/flow.h"
#include "tracer/html_data.h"
#include "tracer/reference.h"
#include "tracer/render.h"

namespace shmpath {

// What a report is about. Catalogue and flow must outlive it.
struct HtmlSubject {
  const Catalogue& catalogue;
  std::vector<Call> calls;
  const Flow* flow = nullptr;  // none: no lab
  bool chinese = false;
};

// The first process of each of the flow's programs, from the trace alone.
std::map<pid_t, std::string> first_processes(const std::vector<Event>& events, const Flow& flow);

// The report, written to `out` when the trace has ended.
std::unique_ptr<Renderer> make_html_renderer(Output& out, HtmlSubject subject);

// The explanation of every name that is among the strings: [[layer, name, text, source, page]...].
std::string reference_json(const HtmlSubject& subject, const StringTable& strings);

// Steps, findings and claims of the subject's flow; "null" when there is none.
std::string flow_json(const HtmlSubject& subject, const HtmlTrace& trace,
                      const std::vector<Event>& events, const Header& header,
                      const Summary& summary);

}  // namespace shmpath

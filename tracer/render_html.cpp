// SPDX-License-Identifier: BSD-2-Clause
//
// The report: one HTML file that holds the trace, its explanations, and the program that shows them
// (tracer/report/). Nothing is fetched from anywhere. Written when the trace has ended.
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "report_page.inc"
#include "tracer/html_data.h"
#include "tracer/html_words.h"
#include "tracer/render.h"
#include "tracer/text.h"

namespace shmpath {
namespace {

// What a browser still shows with ease. More is counted, and the report says so.
constexpr std::size_t most_events = 500'000;

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, strip_controls(text));
  return out;
}

std::string header_json(const Header& header) {
  std::string command, missing;
  for (const std::string& word : header.command)
    (command += command.empty() ? "" : ",") += as_json(word);
  for (const MissingProbe& probe : header.missing)
    missing += fmt::format("{}[{},{}]", missing.empty() ? "" : ",", as_json(probe.name),
                           as_json(probe.reason));
  return fmt::format(
      R"({{"kernel":{},"machine":{},"place":{},"view":{},"why":{},"lab":{},"command":[{}],)"
      R"("attached":{},"missing":[{}]}})",
      as_json(header.kernel), as_json(header.machine), as_json(header.place), as_json(header.view),
      as_json(header.why), as_json(header.lab), command, header.attached, missing);
}

std::string summary_json(const Summary& summary, std::size_t left_out) {
  std::string end = "null";
  if (summary.signal)
    end = fmt::format(R"({{"signal":{}}})", summary.signal);
  else if (summary.exit_code >= 0)
    end = fmt::format(R"({{"code":{}}})", summary.exit_code);
  return fmt::format(R"({{"events":{},"complete":{},"gaps":{},"unfinished":{},"left_out":{},)"
                     R"("exit":{}}})",
                     summary.counts.events, summary.complete(), as_json(gaps_text(summary)),
                     summary.counts.unfinished, left_out, end);
}

class HtmlRenderer : public Renderer {
 public:
  HtmlRenderer(Output& out, HtmlSubject subject)
      : out_(out),
        subject_(std::move(subject)),
        trace_(subject_.flow ? subject_.flow->started : std::vector<std::string>()) {}

  void header(const Header& header) override { header_ = header; }

  void event(const Event& event) override {
    if (trace_.size() >= most_events) {
      left_out_++;
      return;
    }
    trace_.add(event);
    if (subject_.flow) events_.push_back(event);  // for the questions of the flow
  }

  void summary(const Summary& summary) override {
    // what is left out here was not looked at either
    Summary seen = summary;
    seen.counts.lost += left_out_;
    const std::string reference = reference_json(subject_, trace_.strings());
    const std::string flow = flow_json(subject_, trace_, events_, header_, seen);
    std::string data = R"({"format":"shmpath.report/1",)";
    data += fmt::format(R"("lang":"{}","header":{},"summary":{},"reference":{},"flow":{},)",
                        subject_.chinese ? "zh" : "en", header_json(header_),
                        summary_json(summary, left_out_), reference, flow);
    data += trace_.json();
    write_page(in_script(data + "}"));
    out_.flush();
  }

 private:
  void write_page(const std::string& data) {
    std::string_view page = report_page[0];
    // fills the page up to this mark, and goes on behind it
    auto to = [&](std::string_view mark) {
      const std::size_t place = page.find(mark);
      out_.write(page.substr(0, place));
      page.remove_prefix(place + mark.size());
    };
    to("@lang@");
    out_.write(subject_.chinese ? "zh" : "en");
    to("/*style*/");
    for (const std::string_view part : report_styles) out_.write(part);
    to("@data@");
    out_.write(data);
    to("/*script*/");
    for (const std::string_view part : report_scripts) out_.write(part);
    out_.write(page);
  }

  Output& out_;
  HtmlSubject subject_;
  HtmlTrace trace_;
  Header header_;
  std::vector<Event> events_;
  std::size_t left_out_ = 0;
};

}  // namespace

std::unique_ptr<Renderer> make_html_renderer(Output& out, HtmlSubject subject) {
  return std::make_unique<HtmlRenderer>(out, std::move(subject));
}

}  // namespace shmpath

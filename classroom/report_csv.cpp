// SPDX-License-Identifier: BSD-2-Clause
//
// RFC 4180: commas, CRLF, a quote is doubled. A spreadsheet takes a cell that begins with one of
// = + - @ for a formula, which may read files and addresses: such a text gets a ' before it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "classroom/report.h"
#include "tracer/text.h"

namespace shmpath {

std::string csv_cell(std::string_view text) {
  std::string safe = strip_controls(text);
  constexpr std::string_view formula = "=+-@|%";
  // wide forms of the same, which some take for them: U+FF1D, U+FF0B, U+FF0D, U+FF20
  constexpr std::string_view wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                       "\xef\xbc\xa0"};
  const std::size_t first = safe.find_first_not_of(" '");
  const std::string_view rest =
      first == std::string::npos ? std::string_view() : std::string_view(safe).substr(first);
  bool risky = !rest.empty() && formula.find(rest[0]) != std::string_view::npos;
  for (const std::string_view form : wide) risky = risky || rest.starts_with(form);
  if (risky) safe.insert(safe.begin(), '\'');
  if (safe.find_first_of(",\"' ") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string class_csv(const ClassReport& report) {
  std::string text = "student,exercise,status,points,of,hidden,lost,reason\r\n";
  for (const GradedSubmission& one : report.submissions) {
    const Assessment& assessment = one.assessment;
    std::vector<std::string> lost;
    if (assessment.graded)
      for (const AssessedLine& line : assessment.lines)
        if (!line.met) lost.push_back(line.id);
    const std::string points =
        one.absent || assessment.again ? "" : std::to_string(assessment.points);
    text +=
        fmt::format("{},{},{},{},{},{},{},{}\r\n", csv_cell(one.student), one.kit->exercise.id(),
                    status_of(one), points, assessment.of, assessment.hidden_points,
                    csv_cell(fmt::format("{}", fmt::join(lost, " "))), csv_cell(assessment.reason));
  }
  return text;
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>

#include "tracer/screen_text.h"

namespace shmpath {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// "C19" of "c19"; any other name as it is.
std::string claim_name(std::string name) {
  const bool is_claim = name.size() == 3 && (name[0] == 'c' || name[0] == 'C') &&
                        std::isdigit(static_cast<unsigned char>(name[1])) &&
                        std::isdigit(static_cast<unsigned char>(name[2]));
  if (is_claim) name[0] = 'C';
  return name;
}

// Names of other architectures' entries are not what anybody would look for.
bool worth_listing(const std::string& name) { return !name.starts_with("__arm64_"); }

struct Listed {
  std::string name, what;
};

std::string call_kind(const Call& call, bool chinese) {
  if (call.has_layer("point")) return chinese ? "内核跟踪点" : "trace point";
  const bool library = call.has_layer("user"), kernel = call.has_layer("syscall");
  if (library && kernel) return chinese ? "C 库函数，系统调用" : "C library function, system call";
  if (library) return chinese ? "C 库函数" : "C library function";
  return chinese ? "系统调用" : "system call";
}

std::vector<Listed> all_listed(const Reference& reference, bool chinese) {
  std::vector<Listed> all;
  for (const Call& call : reference.calls) all.push_back({call.name, call_kind(call, chinese)});
  for (const auto& [name, function] : reference.catalogue.functions) {
    all.push_back(
        {name, fmt::format("{}, {}", chinese ? "内核函数" : "kernel function", function.source)});
    for (const std::string& other : function.names)
      if (worth_listing(other))
        all.push_back({other, chinese ? name + " 的另一个名字" : "another name of " + name});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Listed& a, const Listed& b) { return a.name < b.name; });
  std::vector<Listed> claims;
  for (const Flow& flow : reference.catalogue.flows)
    for (const Claim& claim : flow.claims)
      claims.push_back(
          {claim.id, fmt::format("{} {}", chinese ? "论断，实验" : "claim, lab", flow.id())});
  std::stable_sort(claims.begin(), claims.end(),
                   [](const Listed& a, const Listed& b) { return a.name < b.name; });
  all.insert(all.end(), claims.begin(), claims.end());
  return all;
}

// Insertions, deletions and replacements that make one of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); i++) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); j++) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string plain_name(std::string_view asked) {
  std::string_view name = asked.substr(0, asked.find('('));
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos) name.remove_prefix(colon + 1);
  return claim_name(std::string(name.substr(0, name.find('.'))));
}

std::string explain(const Reference& reference, std::string_view asked, const PageStyle& style) {
  const std::string name = plain_name(asked);
  std::string out;
  auto add = [&](const std::string& page) { out += (out.empty() ? "" : "\n") + page; };
  for (const Call& call : reference.calls)
    if (call.name == name) add(call_page(reference, call, style));
  for (const auto& [documented, function] : reference.catalogue.functions)
    if (documented == name || contains(function.names, name))
      add(function_page(reference, function, name, style));
  for (const Flow& flow : reference.catalogue.flows)
    for (const Claim& claim : flow.claims)
      if (claim.id == name) add(claim_page(flow, claim, style));
  return out;
}

std::string name_list(const Reference& reference, const PageStyle& style) {
  constexpr std::size_t name_columns = 32;
  std::string out;
  for (const Listed& listed : all_listed(reference, style.chinese))
    out += fmt::format("{}  {}\n", padded(listed.name, name_columns), listed.what);
  return out;
}

std::vector<std::string> near_names(const Reference& reference, std::string_view asked,
                                    std::size_t most) {
  const std::string name = plain_name(asked);
  constexpr std::size_t longest = 100;  // what is longer is like no name
  if (name.empty() || name.size() > longest) return {};
  std::set<std::pair<std::size_t, std::string>> near;  // with the distance, nearest first
  for (const Listed& listed : all_listed(reference, false)) {
    // a name cut short, or wrong in its beginning, is like the whole one too
    const std::string_view beginning = std::string_view(listed.name).substr(0, name.size());
    const std::size_t distance =
        std::min(edit_distance(name, listed.name), edit_distance(name, beginning) + 1);
    const bool part = name.size() >= 4 && listed.name.find(name) != std::string::npos;
    const bool like = distance <= std::max<std::size_t>(1, name.size() / 3);
    if (part || like) near.emplace(distance, listed.name);
  }
  std::vector<std::string> names;
  for (const auto& [distance, other] : near)
    if (names.size() < most && !contains(names, other)) names.push_back(other);
  return names;
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/sentences.h"

namespace shmpath {

Sentences::Sentences(const Reference& reference) {
  const std::pair<const char*, Layer> layers[] = {
      {"user", Layer::user}, {"syscall", Layer::syscall}, {"point", Layer::kernel}};
  for (const Call& call : reference.calls)
    for (const auto& [word, layer] : layers) {
      if (!call.has_layer(word)) continue;
      texts_.emplace(std::pair(layer, call.name), call.text);
      for (const std::string& name : call.names) texts_.emplace(std::pair(layer, name), call.text);
    }
  // a documented name comes before another function's old one
  const auto& functions = reference.catalogue.functions;
  for (const auto& [name, function] : functions)
    texts_.emplace(std::pair(Layer::kernel, name), function.text);
  for (const auto& [documented, function] : functions)
    for (const std::string& name : function.names)
      texts_.emplace(std::pair(Layer::kernel, name), function.text);
}

const Text& Sentences::of(Layer layer, const std::string& name) const {
  static const Text none;
  auto found = texts_.find({layer, name});
  return found == texts_.end() ? none : found->second;
}

}  // namespace shmpath

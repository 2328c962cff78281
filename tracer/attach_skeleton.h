// SPDX-License-Identifier: BSD-2-Clause
//
// The loaded BPF object, for attach and page_layout only.
#pragma once

#include <bpf/libbpf.h>

#include <vector>

#include "bpf/event.h"
#include "bpf/layout.h"
#include "shmpath.skel.h"
#include "tracer/attach.h"

namespace shmpath {

// Owns the object and its links; the kernel drops what they hold when they go.
struct Probes::Skeleton {
  shmpath_bpf* bpf = nullptr;
  std::vector<bpf_link*> links;
  std::vector<Descriptor> own_links;  // that libbpf did not make
  std::vector<Descriptor> copies;     // of patterns, a program for each function

  Skeleton() = default;
  Skeleton(const Skeleton&) = delete;
  Skeleton& operator=(const Skeleton&) = delete;
  ~Skeleton() {
    for (bpf_link* link : links) bpf_link__destroy(link);
    own_links.clear();
    copies.clear();
    shmpath_bpf__destroy(bpf);
  }
};

}  // namespace shmpath

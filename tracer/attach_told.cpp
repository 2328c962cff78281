// SPDX-License-Identifier: BSD-2-Clause
//
// What the BPF programs are told while they run: which processes are traced, and which stacks they
// need not unwind.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "tracer/attach.h"
#include "tracer/attach_skeleton.h"
#include "tracer/failure.h"
#include "tracer/stacks.h"

namespace shmpath {

void Probes::track(pid_t tgid, bool held) {
  u32 key = static_cast<u32>(tgid);
  u32 state = held ? TASK_HELD : TASK_LIVE;
  if (bpf_map__update_elem(skeleton_->bpf->maps.tracked, &key, sizeof(key), &state, sizeof(state),
                           BPF_ANY))
    throw Failure(fmt::format("cannot trace process {}", tgid), strerror(errno),
                  "trace fewer processes at once");
  if (!held)
    __atomic_store_n(&skeleton_->bpf->bss->traced_slot[key % SLOTS], key, __ATOMIC_RELEASE);
}

std::vector<pid_t> Probes::tracked() const {
  std::vector<pid_t> pids;
  u32 key = 0;
  u32* previous = nullptr;
  while (bpf_map__get_next_key(skeleton_->bpf->maps.tracked, previous, &key, sizeof(key)) == 0) {
    u32 state = 0;
    bpf_map__lookup_elem(skeleton_->bpf->maps.tracked, &key, sizeof(key), &state, sizeof(state), 0);
    if (state == TASK_HELD || state == TASK_LIVE) pids.push_back(static_cast<pid_t>(key));
    previous = &key;
  }
  return pids;
}

int Probes::ring_fd() const { return bpf_map__fd(skeleton_->bpf->maps.ring); }

void Probes::remember(const stack_record& stack) { frames_[stack.key] = stack.frames; }

std::optional<stack_frames> Probes::stack(std::uint64_t key) const {
  auto found = frames_.find(key);
  return found == frames_.end() ? std::nullopt : std::optional(found->second);
}

void Probes::learn(const stack_sample& sample) {
  auto frames = stack(sample.key);
  if (!frames) return;
  auto located = locate_frames(*frames, sample);
  if (!located) return;
  known_stack* set =
      &skeleton_->bpf->bss
           ->known[std::size_t{KNOWN_SET(located->depth, located->site)} * KNOWN_WAYS];
  for (known_stack* way = set; way < set + KNOWN_WAYS; way++) {
    if (way->count && way->key == located->key && way->depth == located->depth) return;
    if (way->count) continue;
    u32 count = located->count;
    located->count = 0;
    *way = *located;
    __atomic_store_n(&way->count, count, __ATOMIC_RELEASE);  // from here on the programs use it
    return;
  }
}

}  // namespace shmpath

// SPDX-License-Identifier: BSD-2-Clause
//
// A thread other than the first calls execve: the kernel ends all the others and gives this one
// the first one's id.
#include <pthread.h>
#include <unistd.h>

#include <cstdio>

namespace {

void* become_another(void*) {
  execl("/bin/echo", "echo", "executed by a thread", nullptr);
  std::perror("execl");
  return nullptr;
}

}  // namespace

int main() {
  pthread_t thread{};
  if (pthread_create(&thread, nullptr, become_another, nullptr) != 0) return 1;
  pthread_join(thread, nullptr);
  return 1;
}

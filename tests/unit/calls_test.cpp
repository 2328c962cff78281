// SPDX-License-Identifier: BSD-2-Clause
//
// Arguments as text. What is expected comes from the man pages and from what strace prints.
#include "tracer/calls.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "tests/catch.h"
#include "tests/unit/calls_text.h"

using namespace shmpath;

TEST_CASE("Opening a shared memory object reads as its source does") {
  CHECK(decoded(user_call("shm_open"), registers(1, O_CREAT | O_EXCL | O_RDWR, 0600)) ==
        "name=/shmtest, oflag=O_RDWR|O_CREAT|O_EXCL, mode=0600");
  CHECK(decoded(system_call(SYS_openat),
                registers(AT_FDCWD, 1, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0777)) ==
        "dirfd=AT_FDCWD, pathname=/shmtest, flags=O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC, mode=0777");
}

TEST_CASE("A mode is shown only where the call reads it") {
  const CallSpec& openat = system_call(SYS_openat);
  CHECK(decoded(openat, registers(AT_FDCWD, 1, O_RDONLY, 0xffff)) ==
        "dirfd=AT_FDCWD, pathname=/shmtest, flags=O_RDONLY");
  CHECK(decoded(openat, registers(3, 1, O_WRONLY | O_TMPFILE, 0600)) ==
        "dirfd=3, pathname=/shmtest, flags=O_WRONLY|O_TMPFILE, mode=0600");
  // O_DIRECTORY is one of the two bits of O_TMPFILE.
  CHECK(decoded(openat, registers(3, 1, O_DIRECTORY, 0600)) ==
        "dirfd=3, pathname=/shmtest, flags=O_RDONLY|O_DIRECTORY");
}

TEST_CASE("A flag made of two bits hides the flag it contains") {
  const CallSpec& openat = system_call(SYS_openat);
  CHECK(decoded(openat, registers(3, 1, O_SYNC)) ==
        "dirfd=3, pathname=/shmtest, flags=O_RDONLY|O_SYNC");
  CHECK(decoded(openat, registers(3, 1, O_DSYNC)) ==
        "dirfd=3, pathname=/shmtest, flags=O_RDONLY|O_DSYNC");
  CHECK(decoded(openat, registers(3, 1, O_ACCMODE)) ==
        "dirfd=3, pathname=/shmtest, flags=O_ACCMODE");
}

TEST_CASE("A mode has a leading zero and at least three digits") {
  const CallSpec& umask = system_call(SYS_umask);
  CHECK(decoded(umask, registers(0)) == "mask=000");
  CHECK(decoded(umask, registers(07)) == "mask=007");
  CHECK(decoded(umask, registers(022)) == "mask=022");
  CHECK(decoded(umask, registers(0777)) == "mask=0777");
  CHECK(decoded(umask, registers(01777)) == "mask=01777");
}

TEST_CASE("Bits without a name are appended in hex") {
  CHECK(decoded(system_call(SYS_openat), registers(3, 1, O_RDWR | 0x40000000)) ==
        "dirfd=3, pathname=/shmtest, flags=O_RDWR|0x40000000");
  CHECK(decoded(system_call(SYS_msync), registers(0, 0, 0x80)) ==
        "addr=NULL, length=0, flags=0x80");
  CHECK(decoded(system_call(SYS_mprotect), registers(4096, 1, ~std::uint64_t{0})) ==
        "addr=0x1000, len=1, "
        "prot=PROT_READ|PROT_WRITE|PROT_EXEC|PROT_GROWSDOWN|PROT_GROWSUP|0xfffffffffcfffff8");
}

TEST_CASE("No flags are 0 unless a name stands for that") {
  CHECK(decoded(system_call(SYS_msync), registers(0, 0, 0)) == "addr=NULL, length=0, flags=0");
  CHECK(decoded(system_call(SYS_mprotect), registers(0, 0, PROT_NONE)) ==
        "addr=NULL, len=0, prot=PROT_NONE");
  CHECK(decoded(system_call(SYS_shmat), registers(5, 0, 0)) == "shmid=5, shmaddr=NULL, shmflg=0");
  CHECK(decoded(system_call(SYS_faccessat), registers(3, 1, F_OK)) ==
        "dirfd=3, pathname=/shmtest, mode=F_OK");
  CHECK(decoded(system_call(SYS_faccessat), registers(3, 1, R_OK | X_OK)) ==
        "dirfd=3, pathname=/shmtest, mode=R_OK|X_OK");
}

TEST_CASE("A mapping names its kind before its flags") {
  const CallSpec& mmap = system_call(SYS_mmap);
  CHECK(decoded(mmap, registers(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0)) ==
        "addr=NULL, length=4096, prot=PROT_READ|PROT_WRITE, flags=MAP_SHARED, fd=3, offset=0");
  CHECK(decoded(mmap, registers(0x7000, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                                -1, 4096)) ==
        "addr=0x7000, length=8192, prot=PROT_NONE, flags=MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, "
        "fd=-1, offset=4096");
  // 3 is not MAP_SHARED|MAP_PRIVATE.
  CHECK(decoded(mmap, registers(0, 1, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, 3, 0)) ==
        "addr=NULL, length=1, prot=PROT_READ, flags=MAP_SHARED_VALIDATE|MAP_SYNC, fd=3, offset=0");
  CHECK(decoded(mmap, registers(0, 1, PROT_READ, MAP_PRIVATE | MAP_HUGETLB | 21 << 26, 3, 0)) ==
        "addr=NULL, length=1, prot=PROT_READ, flags=MAP_PRIVATE|MAP_HUGETLB|MAP_HUGE_2MB, fd=3, "
        "offset=0");
}

TEST_CASE("The upper half of a register that holds an int means nothing") {
  CHECK(decoded(system_call(SYS_close), registers(garbage | 3)) == "fd=3");
  CHECK(decoded(system_call(SYS_close), registers(garbage | 0xffffffff)) == "fd=-1");
  CHECK(decoded(system_call(SYS_openat),
                registers(0xffffff9c, 1, garbage | O_CREAT, garbage | 0600)) ==
        "dirfd=AT_FDCWD, pathname=/shmtest, flags=O_RDONLY|O_CREAT, mode=0600");
  CHECK(decoded(system_call(SYS_kill), registers(garbage | 0xfffffff6, garbage | SIGTERM)) ==
        "pid=-10, sig=SIGTERM");
  CHECK(decoded(user_call("mmap"),
                registers(0, 1, garbage | PROT_READ, garbage | MAP_SHARED, garbage | 3, 0)) ==
        "addr=NULL, length=1, prot=PROT_READ, flags=MAP_SHARED, fd=3, offset=0");
}

TEST_CASE("The system call mmap is shown all 64 bits of prot and flags, as the kernel reads them") {
  CHECK(decoded(system_call(SYS_mmap), registers(0, 1, PROT_READ, garbage | MAP_SHARED, 3, 0)) ==
        "addr=NULL, length=1, prot=PROT_READ, flags=MAP_SHARED|0xdeadbeef00000000, fd=3, offset=0");
}

TEST_CASE("Huge values keep their sign") {
  CHECK(decoded(system_call(SYS_ftruncate), registers(3, -1)) == "fd=3, length=-1");
  CHECK(decoded(system_call(SYS_ftruncate), registers(3, INT64_MIN)) ==
        "fd=3, length=-9223372036854775808");
  CHECK(decoded(system_call(SYS_munmap), registers(-1, -1)) ==
        "addr=0xffffffffffffffff, length=18446744073709551615");
  CHECK(decoded(system_call(SYS_setresuid), registers(-1, 4294967294, 0)) ==
        "ruid=-1, euid=4294967294, suid=0");
}

TEST_CASE("A System V segment is asked for by key, with permissions last") {
  const CallSpec& shmget = user_call("shmget");
  CHECK(decoded(shmget, registers(0x51020304, 4096, IPC_CREAT | IPC_EXCL | 0666)) ==
        "key=0x51020304, size=4096, shmflg=IPC_CREAT|IPC_EXCL|0666");
  CHECK(decoded(shmget, registers(IPC_PRIVATE, 4096, IPC_CREAT | SHM_HUGETLB | 21 << 26 | 0600)) ==
        "key=IPC_PRIVATE, size=4096, shmflg=IPC_CREAT|SHM_HUGETLB|SHM_HUGE_2MB|0600");
  CHECK(decoded(shmget, registers(-1, 0, 0)) == "key=0xffffffff, size=0, shmflg=0");
  CHECK(decoded(shmget, registers(1, 0, 0640)) == "key=0x1, size=0, shmflg=0640");
  // The classical mistake: a segment that nobody may attach.
  CHECK(decoded(shmget, registers(1, 1, IPC_CREAT)) == "key=0x1, size=1, shmflg=IPC_CREAT|000");
  CHECK(decoded(system_call(SYS_semget), registers(1, 2, IPC_CREAT | 0600)) ==
        "key=0x1, nsems=2, semflg=IPC_CREAT|0600");
  CHECK(decoded(user_call("shmat"), registers(7, 0x10000, SHM_RDONLY | SHM_RND)) ==
        "shmid=7, shmaddr=0x10000, shmflg=SHM_RDONLY|SHM_RND");
}

TEST_CASE("shmctl fills its buffer only for the commands that read the segment's state") {
  const CallSpec& shmctl = system_call(SYS_shmctl);
  CHECK(decoded(shmctl, registers(7, IPC_RMID, 0)) == "shmid=7, cmd=IPC_RMID, buf=NULL");
  CHECK(decoded(shmctl, registers(7, IPC_STAT, 0x7ffe00)) == "shmid=7, cmd=IPC_STAT, buf=0x7ffe00");
  CHECK(decoded(shmctl, registers(7, 99, 0)) == "shmid=7, cmd=99, buf=NULL");
  CHECK(arg_applies(shmctl, 2, registers(7, IPC_STAT, 0x7ffe00)));
  CHECK_FALSE(arg_applies(shmctl, 2, registers(7, IPC_SET, 0x7ffe00)));
  CHECK_FALSE(arg_applies(shmctl, 2, registers(7, IPC_RMID, 0x7ffe00)));
  CHECK_FALSE(arg_applies(shmctl, 2, registers(7, SHM_INFO, 0x7ffe00)));
}

TEST_CASE("fcntl's argument is read as its command says") {
  const CallSpec& fcntl = system_call(SYS_fcntl);
  CHECK(decoded(fcntl, registers(3, F_GETFD, garbage)) == "fd=3, cmd=F_GETFD");
  CHECK(decoded(fcntl, registers(3, F_SETFD, FD_CLOEXEC)) == "fd=3, cmd=F_SETFD, arg=FD_CLOEXEC");
  CHECK(decoded(fcntl, registers(3, F_SETFL, O_RDWR | O_NONBLOCK)) ==
        "fd=3, cmd=F_SETFL, arg=O_RDWR|O_NONBLOCK");
  CHECK(decoded(fcntl, registers(3, F_DUPFD, 10)) == "fd=3, cmd=F_DUPFD, arg=10");
  CHECK(decoded(fcntl, registers(3, F_SETLK, 0x7ffe00)) == "fd=3, cmd=F_SETLK, arg=0x7ffe00");
  CHECK(decoded(fcntl, registers(3, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | 0x20)) ==
        "fd=3, cmd=F_ADD_SEALS, arg=F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_EXEC");
  CHECK(decoded(fcntl, registers(3, 12345, 9)) == "fd=3, cmd=12345, arg=0x9");
}

TEST_CASE("An argument that the flags do not ask for is not shown") {
  const CallSpec& mremap = system_call(SYS_mremap);
  CHECK(decoded(mremap, registers(4096, 1, 2, MREMAP_MAYMOVE, 0x9000)) ==
        "old_address=0x1000, old_size=1, new_size=2, flags=MREMAP_MAYMOVE");
  CHECK(decoded(mremap, registers(4096, 1, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 0x9000)) ==
        "old_address=0x1000, old_size=1, new_size=2, flags=MREMAP_MAYMOVE|MREMAP_FIXED, "
        "new_address=0x9000");
  const CallSpec& futex = system_call(SYS_futex);
  CHECK(decoded(futex, registers(0x1000, 128 | 1, INT32_MAX, 5, 5, 5)) ==
        "uaddr=0x1000, futex_op=FUTEX_WAKE_PRIVATE, val=2147483647");
  CHECK(decoded(futex, registers(0x1000, 0, 2, 0)) ==
        "uaddr=0x1000, futex_op=FUTEX_WAIT, val=2, timeout=NULL");
  CHECK(decoded(futex, registers(0x1000, 9 | 128 | 256, 2, 0, 0, 0xffffffff)) ==
        "uaddr=0x1000, futex_op=FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, val=2, "
        "timeout=NULL, val3=0xffffffff");
}

TEST_CASE("Processes, sockets and memory files are shown by name") {
  CHECK(decoded(system_call(SYS_memfd_create), registers(1, MFD_CLOEXEC | MFD_ALLOW_SEALING)) ==
        "name=/shmtest, flags=MFD_CLOEXEC|MFD_ALLOW_SEALING");
  CHECK(decoded(system_call(SYS_socket), registers(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) ==
        "domain=AF_UNIX, type=SOCK_STREAM|SOCK_CLOEXEC, protocol=0");
  CHECK(decoded(system_call(SYS_madvise), registers(4096, 1, MADV_DONTNEED)) ==
        "addr=0x1000, length=1, advice=MADV_DONTNEED");
  CHECK(decoded(system_call(SYS_exit_group), registers(3)) == "status=3");
  CHECK_FALSE(system_call(SYS_exit_group).returns);
  // what fork() of glibc 2.36 does
  CHECK(decoded(system_call(SYS_clone), registers(0x1200011, 0, 5, 0x7f00, 5)) ==
#if defined(__x86_64__)
        "flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, stack=NULL, child_tid=0x7f00");
#else
        "flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, stack=NULL, child_tid=0x5");
#endif
}

TEST_CASE("A string that could not be read is null and named, never empty") {
  const CallSpec& renameat = system_call(SYS_renameat2);
  const std::string target = "b", empty;
  const std::string* const strings[6] = {nullptr, nullptr, nullptr, &target};
  std::vector<std::string> unread;
  const Args args = decode_args(renameat, registers(3, 0x1234, 4, 0x5678, 0), strings, unread);
  CHECK(text_of(args) == "olddirfd=3, oldpath=null, newdirfd=4, newpath=b, flags=0");
  CHECK(unread == std::vector<std::string>{"oldpath"});

  // Fewer strings than arguments: unread as well.
  unread.clear();
  CHECK(text_of(decode_args(user_call("shm_unlink"), registers(0x1234), {}, unread)) ==
        "name=null");
  CHECK(unread == std::vector<std::string>{"name"});

  // The empty name is one that was read.
  unread.clear();
  CHECK(decode_args(user_call("shm_unlink"), registers(0x1234), std::vector{&empty}, unread) ==
        Args{{"name", std::string()}});
  CHECK(unread.empty());
}

TEST_CASE("A null pointer in place of a string is not an unread string") {
  std::vector<std::string> unread;
  CHECK(text_of(decode_args(user_call("shm_unlink"), registers(0), {}, unread)) == "name=NULL");
  CHECK(unread.empty());
}

TEST_CASE("Fewer registers than arguments give fewer arguments") {
  std::vector<std::string> unread;
  const std::vector<std::uint64_t> raw = {3, F_SETFD};
  CHECK(text_of(decode_args(system_call(SYS_fcntl), raw, {}, unread)) == "fd=3, cmd=F_SETFD");
  CHECK(text_of(decode_args(system_call(SYS_fcntl), {}, {}, unread)).empty());
  CHECK_FALSE(arg_applies(system_call(SYS_shmctl), 2, std::vector<std::uint64_t>{7}));
  CHECK(unread.empty());
}

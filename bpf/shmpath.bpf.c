/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * All programs as one object. Not linked from one for each subject: the linker of libbpf 1.1 cannot
 * do that with a function of the kernel's that they call (bpf_rdonly_cast).
 */
#include "fault.bpf.c"
#include "folio.bpf.c"
#include "function.bpf.c"
#include "mapping.bpf.c"
#include "syscall.bpf.c"
#include "task.bpf.c"
#include "user.bpf.c"

// SPDX-License-Identifier: BSD-2-Clause
// What each call and point does to the memory that the picture shows. Each takes the memory, the row,
// the moment (an order) and the process.
const returned = (row) => STRINGS[rows.ret[row]];

function opened(memory, row, pid, object, keep) {
  memory.files(pid).set(Number(returned(row)), { object, keep });
}

function openFile(memory, row, at, pid) {
  const path = arg(row, 'pathname'), flags = arg(row, 'flags');
  if (path === null || path === undefined) return;
  if (!memory.paths.has(path)) memory.paths.set(path, memory.object(path));
  if (has(flags, 'O_CREAT')) memory.paths.get(path).made = true;
  opened(memory, row, pid, memory.paths.get(path), !has(flags, 'O_CLOEXEC'));
}

function dropPath(memory, row) {
  memory.paths.delete(arg(row, 'pathname'));
}

// A descriptor that came from elsewhere is recognised by its inode.
function tellOfFile(memory, row, pid) {
  const inode = arg(row, 'st_ino', rows.exit) ?? arg(row, 'stx_ino', rows.exit);
  if (inode === undefined || inode === null) return;
  const fd = arg(row, 'fd') ?? arg(row, 'dirfd'), path = arg(row, 'pathname');
  const number = Number(inode);
  if (path) {
    const object = memory.paths.get(path);
    if (object && object.inode === null) object.inode = number;
    return;
  }
  const files = memory.files(pid), file = files.get(Number(fd));
  if (file && file.object.inode === null) file.object.inode = number;
  if (!file) {
    const known = memory.objectOfInode(number, null) || memory.object(`inode ${number}`, number);
    files.set(Number(fd), { object: known, keep: true });
  }
}

function copyFd(memory, row, at, pid) {
  const old = memory.files(pid).get(Number(arg(row, 'oldfd') ?? arg(row, 'fd') ?? arg(row, 'fildes')));
  if (old) memory.files(pid).set(Number(returned(row)), { ...old });
}

function doMmap(memory, row, at, pid) {
  const start = pageOf(returned(row)), length = Math.ceil(Number(arg(row, 'length')) / PAGE);
  const flags = arg(row, 'flags') || '', fd = Number(arg(row, 'fd')), anonymous = has(flags, 'MAP_ANONYMOUS');
  const inode = memory.inodes.get(rows.thread[row]);
  memory.inodes.delete(rows.thread[row]);
  const shared = has(flags, 'MAP_SHARED') || has(flags, 'MAP_SHARED_VALIDATE');
  let object = null;
  if (anonymous) object = shared ? memory.object(`${say('shared')} ${say('anon')}`) : null;
  else {
    const file = memory.files(pid).get(fd);
    object = file ? file.object : inode === undefined ? memory.object(`fd ${fd}`)
      : memory.objectOfInode(inode, null) || memory.object(`inode ${inode}`, inode);
    if (!file) memory.files(pid).set(fd, { object, keep: true });
  }
  if (object && object.inode === null && inode !== undefined) object.inode = inode;
  mapRange(memory.space(pid), { start, end: start + length, prot: arg(row, 'prot') || '', shared, object,
    offset: anonymous ? 0 : Math.floor(Number(arg(row, 'offset') || 0) / PAGE), at, row,
    label: object ? object.label : say('anon'), fd: anonymous ? null : fd });
}

function doMunmap(memory, row, at, pid) {
  const start = pageOf(arg(row, 'addr'));
  unmapRange(memory.space(pid), start, start + Math.ceil(Number(arg(row, 'length')) / PAGE));
}

function doMremap(memory, row, at, pid) {
  const space = memory.space(pid), start = pageOf(arg(row, 'old_address')), fresh = pageOf(returned(row));
  const size = Math.ceil(Number(arg(row, 'old_size')) / PAGE), grown = Math.ceil(Number(arg(row, 'new_size')) / PAGE);
  carve(space, start, start + size);
  const map = mapAt(space, start);
  if (!map) return;
  const moved = { ...map, start: fresh, end: fresh + grown, at, row };
  const pages = [...space.pages.values()].filter((one) => one.page >= start && one.page < start + Math.min(size, grown));
  unmapRange(space, start, start + size);
  mapRange(space, moved);
  for (const one of pages) link(space, one.page - start + fresh, one.frame, one.how, at, row);
}

function doMprotect(memory, row, at, pid) {
  const space = memory.space(pid), start = pageOf(arg(row, 'addr'));
  const end = start + Math.ceil(Number(arg(row, 'len') ?? arg(row, 'length')) / PAGE);
  carve(space, start, end);
  for (const map of space.maps) if (map.start >= start && map.end <= end) map.prot = arg(row, 'prot') || map.prot;
}

function doBrk(memory, row, at, pid) {
  const space = memory.space(pid), end = pageOf(Number(returned(row)) + PAGE - 1);
  if (space.heap === undefined) { space.heap = end; return; }
  const old = space.maps.find((map) => map.start === space.heap && map.label === say('heap'));
  if (old && end > old.start) old.end = end;
  else if (end > space.heap)
    mapRange(space, { start: space.heap, end, prot: 'PROT_READ|PROT_WRITE', shared: false, object: null, offset: 0, at, row, label: say('heap'), fd: null });
}

function doShmat(memory, row, at, pid) {
  const id = arg(row, 'shmid'), start = pageOf(returned(row));
  if (!memory.segments.has(id)) memory.segments.set(id, memory.object(`shmid ${id}`));
  const object = memory.segments.get(id), inode = memory.inodes.get(rows.thread[row]);
  memory.inodes.delete(rows.thread[row]);
  if (object.inode === null && inode !== undefined) object.inode = inode;
  const pages = Math.max(1, Math.ceil(object.size / PAGE));
  mapRange(memory.space(pid), { start, end: start + pages, prot: has(arg(row, 'shmflg'), 'SHM_RDONLY') ? 'PROT_READ' : 'PROT_READ|PROT_WRITE',
    shared: true, object, offset: 0, at, row, label: object.label, fd: null, sizeUnknown: !object.size });
}

const SYSCALL_OPS = {
  open: openFile, openat: openFile, creat: openFile,
  memfd_create: (memory, row, at, pid) => opened(memory, row, pid, memory.object(`memfd:${arg(row, 'name') ?? '?'}`), !has(arg(row, 'flags'), 'MFD_CLOEXEC')),
  unlink: dropPath, unlinkat: dropPath,
  newfstatat: (memory, row, at, pid) => tellOfFile(memory, row, pid),
  fstat: (memory, row, at, pid) => tellOfFile(memory, row, pid),
  stat: (memory, row, at, pid) => tellOfFile(memory, row, pid),
  statx: (memory, row, at, pid) => tellOfFile(memory, row, pid),
  dup: copyFd, dup2: copyFd, dup3: copyFd,
  fcntl: (memory, row, at, pid) => { if ((arg(row, 'cmd') || '').startsWith('F_DUPFD')) copyFd(memory, row, at, pid); },
  close: (memory, row, at, pid) => { memory.files(pid).delete(Number(arg(row, 'fd'))); },
  mmap: doMmap, munmap: doMunmap, mremap: doMremap, mprotect: doMprotect, brk: doBrk,
  shmget: (memory, row) => {
    const id = returned(row);
    if (!memory.segments.has(id)) memory.segments.set(id, memory.object(`shmid ${id}`));
    memory.segments.get(id).size = Number(arg(row, 'size')) || memory.segments.get(id).size;
  },
  shmat: doShmat,
  shmdt: (memory, row, at, pid) => {
    const space = memory.space(pid), map = space.maps.find((one) => one.start === pageOf(arg(row, 'shmaddr')));
    if (map) unmapRange(space, map.start, map.end);
  },
};

function onFault(memory, row, at, pid) {
  const space = memory.space(pid), page = pageOf(arg(row, 'address'));
  const write = arg(row, 'access') === 'write', present = arg(row, 'present') === '1';
  memory.fault.set(rows.thread[row], { space, page, row });
  space.faults.set(page, { row, at, write, present });
  const { map, index } = memory.placeOf(space, page);
  if (!map || present || (!map.shared && write)) return;  // a copy is to come, or only a right changes
  const frame = memory.frameOf(map.object, index);
  if (frame) link(space, page, frame, 'deduced', at, row);
}

// In a fault on a file its own pages are read; others, such as those of directories, are not.
const readsAhead = (stack) => DATA.stacks[stack].some((name) => STRINGS[name].startsWith('page_cache_ra'));

function onAlloc(memory, row, at) {
  const { purpose, inFault } = purposeOf(rows.stack[row]);
  const pfn = arg(row, 'pfn');
  if (pfn === undefined || purpose === 'table' || purpose === 'other') { memory.others++; return; }
  const frame = memory.setFrame(Number(pfn), Number(arg(row, 'order') || 0), row, at);
  frame.kind = purpose === 'shmem' || purpose === 'cache' ? 'file' : 'anon';
  const fault = memory.fault.get(rows.thread[row]);
  if (!inFault || !fault) return;
  const { map, index } = memory.placeOf(fault.space, fault.page);
  if (purpose === 'shmem' && map && map.object) {
    memory.setObject(frame, map.object, index);
    frame.inode = map.object.inode;
  }
  if (purpose === 'cache' && map && readsAhead(rows.stack[row])) frame.object = map.object;  // which page is told later
  if (purpose !== 'cache') link(fault.space, fault.page, frame, purpose === 'copy' ? 'copy' : 'known', at, row);
}

function onInsertion(memory, row, at) {
  const pfn = Number(arg(row, 'pfn')), owner = arg(row, 'owner_pid'), address = arg(row, 'queued_for');
  if (arg(row, 'pfn') === undefined) return;
  let frame = memory.frames.get(pfn);
  if (!frame && owner === undefined && arg(row, 'inode') === undefined) return;
  if (!frame) frame = memory.setFrame(pfn, 0, row, at);
  frame.lru = arg(row, 'lru') ?? null;
  frame.batch = false;
  frame.touched = at;
  memory.tellInode(frame, arg(row, 'inode'), arg(row, 'index'), at, row);
  if (frame.kind === 'unknown') frame.kind = 'anon';
  if (owner === undefined || !address || frame.links.size || !memory.spaces.has(Number(owner))) return;
  const space = memory.space(Number(owner)), page = pageOf(address);
  if (mapAt(space, page) && !space.pages.has(page) && frame.row === row) link(space, page, frame, 'known', at, row);
}

function onFork(memory, row, at, pid) {
  const child = Number(arg(row, 'child_pid'));
  if (child === pid) return;
  memory.fds.set(child, new Map([...memory.files(pid)].map(([fd, file]) => [fd, { ...file }])));
  const call = callAround(row, 'clone', 'clone3', 'vfork', 'fork'), parent = memory.space(pid);
  if (call >= 0 && (nameOf(call) === 'vfork' || has(arg(call, 'flags'), 'CLONE_VM'))) {
    parent.pids.add(child);
    memory.spaces.set(child, parent);
    return;
  }
  const space = newSpace(child);
  memory.spaces.set(child, space);
  space.heap = parent.heap;
  space.maps = parent.maps.map((map) => ({ ...map }));
  // fork copies the entries of private pages; those of shared files are left to later faults
  for (const one of parent.pages.values())
    if (one.frame.kind === 'anon') link(space, one.page, one.frame, 'fork', at, row);
}

const POINT_OPS = {
  page_fault_user: onFault, page_fault_kernel: onFault, mm_page_alloc: onAlloc, mm_lru_insertion: onInsertion,
  sched_process_fork: onFork,
  sched_process_exec: (memory, row, at, pid) => {
    memory.forget(pid);
    for (const [fd, file] of [...memory.files(pid)]) if (!file.keep) memory.files(pid).delete(fd);
  },
  sched_process_exit: (memory, row, at, pid) => {
    const thread = threads[rows.thread[row]];
    if (thread.tid === thread.pid) { memory.forget(pid); memory.fds.delete(pid); }
  },
};

const tellMapped = (memory, row) => {
  const inode = arg(row, 'inode');
  if (inode !== undefined && inode !== null) memory.inodes.set(rows.thread[row], Number(inode));
};

function tellFrame(memory, row, at) {
  const frame = memory.frames.get(Number(arg(row, 'pfn')));
  if (!frame) return;
  memory.tellInode(frame, arg(row, 'inode'), arg(row, 'index'), at, row);
  if (nameOf(row) === 'folio_add_lru') { frame.batch = true; frame.touched = at; }
}

// The file is going: its frames go with it.
function evict(memory, row) {
  const inode = Number(arg(row, 'inode'));
  for (const [pfn, frame] of [...memory.frames])
    if (frame.inode === inode && !frame.links.size && !(frame.object && memory.inUse(frame.object)) && purposeOf(rows.stack[frame.row]).purpose === 'shmem')
      memory.frames.delete(pfn);
}

const KERNEL_OPS = {
  do_mmap: tellMapped, vm_mmap_pgoff: tellMapped, mmap_region: tellMapped, shmem_mmap: tellMapped,
  folio_add_lru: tellFrame, shmem_add_to_page_cache: tellFrame, filemap_add_folio: tellFrame,
  shmem_evict_inode: evict,
};

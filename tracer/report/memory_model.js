// SPDX-License-Identifier: BSD-2-Clause
// Follows the trace from event to event: the state of memory at any moment. Going on is cheap; going
// back begins anew. What the trace does not tell is left open.
class Memory {
  constructor() {
    this.ops = [];  // { at, row }: when each row has its effect
    for (let i = 0; i < COUNT; i++) {
      const kind = rows.kind[i];
      if (kind === SYSCALL && rows.ns[i] >= 0) this.ops.push({ at: rows.order[i] + DATA.rows.orders[i], row: i });
      else if (kind === POINT || (kind === KERNEL && KERNEL_OPS[nameOf(i)])) this.ops.push({ at: rows.order[i], row: i });
    }
    this.ops.sort((a, b) => a.at - b.at);
    this.reset();
  }

  reset() {
    this.done = 0;
    this.at = 0;
    this.spaces = new Map();   // by pid; processes with one address space share an entry
    this.fds = new Map();      // by pid: Map of number -> { object, keep }
    this.frames = new Map();   // by pfn
    this.paths = new Map();    // path -> object
    this.segments = new Map(); // shmid -> object
    this.objects = new Set();
    this.fault = new Map();    // by thread: the fault under way
    this.inodes = new Map();   // by thread: the inode of the file that mmap was given
    this.others = 0;           // pages for page tables and the like
  }

  // The state after all that had happened at `order`.
  moveTo(order) {
    if (order < this.at) this.reset();
    while (this.done < this.ops.length && this.ops[this.done].at <= order) this.apply(this.ops[this.done++]);
    this.at = order;
  }

  apply({ at, row }) {
    const name = nameOf(row), kind = rows.kind[row];
    const table = kind === SYSCALL ? SYSCALL_OPS : kind === POINT ? POINT_OPS : KERNEL_OPS;
    const op = table[name];
    if (!op || (kind === SYSCALL && rows.error[row])) return;
    op(this, row, at, threads[rows.thread[row]].pid);
  }

  space(pid) {
    if (!this.spaces.has(pid)) this.spaces.set(pid, newSpace(pid));
    return this.spaces.get(pid);
  }

  files(pid) {
    if (!this.fds.has(pid)) this.fds.set(pid, new Map());
    return this.fds.get(pid);
  }

  object(label, inode = null) {
    const one = newObject(label, inode);
    this.objects.add(one);
    return one;
  }

  // An open file of which the trace only tells the inode: that of a known object, if it is but one.
  objectOfInode(inode, like) {
    const same = [...this.objects].filter((one) => one.inode === inode && one !== like);
    return same.length === 1 ? same[0] : null;
  }

  // Frames remember object and page, so that another address of the same page finds them.
  frameOf(object, index) {
    const frame = object ? object.frames.get(index) : undefined;
    return frame && this.frames.get(frame.pfn) === frame ? frame : null;
  }

  setObject(frame, object, index) {
    frame.object = object;
    frame.index = index;
    if (object && index !== null) object.frames.set(index, frame);
  }

  // Whether something keeps the object: a mapping, a descriptor, or the name that the program gave it.
  inUse(object) {
    for (const space of this.spaces.values()) if (space.maps.some((map) => map.object === object)) return true;
    for (const files of this.fds.values())
      for (const file of files.values()) if (file.object === object) return true;
    for (const one of this.segments.values()) if (one === object) return true;
    return object.made && [...this.paths.values()].includes(object);
  }

  setFrame(pfn, order, row, at) {
    const old = this.frames.get(pfn);
    if (old) for (const one of [...old.links.values()]) unlink(one.space, one.page);
    const frame = newFrame(pfn, order, row, at);
    this.frames.set(pfn, frame);
    return frame;
  }

  // The trace tells which page of which file a frame holds.
  tellInode(frame, inode, index, at, row) {
    if (inode === undefined || inode === null) return;
    frame.inode = Number(inode);
    if (index !== undefined && index !== null) frame.index = Number(index);
    if (frame.kind === 'unknown') frame.kind = 'file';
    const { object } = frame;
    if (object && object.inode === null) object.inode = frame.inode;
    const right = object && object.inode === frame.inode ? object : this.objectOfInode(frame.inode, null);
    this.setObject(frame, right, frame.index);
    if (right && frame.index !== null) this.linkFaults(frame, at, row);
  }

  // Pages that faulted before it was known which frame they would find.
  linkFaults(frame, at, row) {
    for (const space of new Set(this.spaces.values()))
      for (const map of space.maps) {
        const page = map.start + frame.index - map.offset;
        const fault = map.object === frame.object && page < map.end ? space.faults.get(page) : undefined;
        if (fault && !space.pages.has(page) && (map.shared || !fault.write)) link(space, page, frame, 'deduced', at, row);
      }
  }

  // The mapping and the page of its object in which an address lies.
  placeOf(space, page) {
    const map = mapAt(space, page);
    return { map, index: map ? page - map.start + map.offset : null };
  }

  forget(pid) {
    const space = this.spaces.get(pid);
    this.spaces.delete(pid);
    if (!space) return;
    space.pids.delete(pid);
    if (space.pids.size) {
      if (space.pid === pid) [space.pid] = space.pids;
      return;
    }
    for (const one of [...space.pages.values()]) unlink(space, one.page);
  }
}

// The nearest call of the row that is a system call of one of these names; -1 if none.
function callAround(row, ...names) {
  for (let p = rows.parent[row]; p >= 0; p = rows.parent[p])
    if (rows.kind[p] === SYSCALL && names.includes(nameOf(p))) return p;
  return -1;
}

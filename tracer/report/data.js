// SPDX-License-Identifier: BSD-2-Clause
// The trace: columns of numbers, and what can be asked of them. Rows are calls, points, steps and gaps.
const KINDS = ['user', 'syscall', 'kernel', 'point', 'step', 'lost'];
const USER = 0, SYSCALL = 1, KERNEL = 2, POINT = 3, STEP = 4, LOST = 5;

const DATA = JSON.parse(document.getElementById('data').textContent);
document.getElementById('data').textContent = '';
chinese = DATA.lang === 'zh';
const STRINGS = DATA.strings;
const COUNT = DATA.rows.kind.length;

function summed(deltas) {
  const all = new Float64Array(deltas.length);
  let sum = 0;
  for (let i = 0; i < deltas.length; i++) all[i] = sum += deltas[i];
  return all;
}

const rows = {
  kind: Uint8Array.from(DATA.rows.kind),
  thread: Uint16Array.from(DATA.rows.thread),
  name: Uint32Array.from(DATA.rows.name),
  symbol: Uint32Array.from(DATA.rows.symbol),
  args: Uint32Array.from(DATA.rows.args),
  ret: Uint32Array.from(DATA.rows.ret),
  error: Uint32Array.from(DATA.rows.error),
  exit: Uint32Array.from(DATA.rows.exit),
  stack: Uint32Array.from(DATA.rows.stack),
  group: Uint32Array.from(DATA.rows.group),
  ns: Float64Array.from(DATA.rows.ns),
  t: summed(DATA.rows.t),
  order: summed(DATA.rows.order),
  orderEnd: new Float64Array(COUNT),
  tEnd: new Float64Array(COUNT),
  parent: new Int32Array(COUNT),
  depth: new Uint16Array(COUNT),
};

const threads = DATA.threads.map(([pid, tid]) => ({ pid, tid, name: '', last: 0, foreign: false }));
if (!threads.length) threads.push({ pid: 0, tid: 0, name: '', last: 0, foreign: false });
const groups = DATA.groups.map(([thread, number, text, row], id) =>
  ({ id, thread, number, text: STRINGS[text], row, first: row, last: row, step: -1 }));
const LAST_ORDER = { value: 0 }, LAST_TIME = { value: 0 };

const nameOf = (row) => STRINGS[rows.name[row]];

// [[name, value]...]; null for a value that could not be read.
function pairs(list) {
  const numbers = DATA.lists[list], all = [];
  for (let i = 0; i < numbers.length; i += 2)
    all.push([STRINGS[numbers[i]], numbers[i + 1] < 0 ? null : STRINGS[numbers[i + 1]]]);
  return all;
}

function arg(row, name, list = rows.args) {
  const numbers = DATA.lists[list[row]];
  for (let i = 0; i < numbers.length; i += 2)
    if (STRINGS[numbers[i]] === name) return numbers[i + 1] < 0 ? null : STRINGS[numbers[i + 1]];
  return undefined;
}

const stackOf = (row) => DATA.stacks[rows.stack[row]].map((name) => STRINGS[name]);

// Ends and depths; a call that did not return lasts as long as its process.
function completeRows() {
  const ends = new Map();
  for (let i = 0; i < COUNT; i++) {
    const end = rows.order[i] + DATA.rows.orders[i];
    const pid = threads[rows.thread[i]].pid, last = ends.get(pid) || [0, 0];
    const time = rows.t[i] + Math.max(rows.ns[i], 0);
    ends.set(pid, [Math.max(end, last[0]), Math.max(time, last[1])]);
    LAST_ORDER.value = Math.max(LAST_ORDER.value, end + 1);
    LAST_TIME.value = Math.max(LAST_TIME.value, time);
  }
  for (let i = 0; i < COUNT; i++) {
    const [order, time] = ends.get(threads[rows.thread[i]].pid);
    const open = rows.kind[i] <= KERNEL && rows.ns[i] < 0;
    rows.orderEnd[i] = (open ? order : rows.order[i] + DATA.rows.orders[i]) + 0.9;
    rows.tEnd[i] = open ? time : rows.t[i] + Math.max(rows.ns[i], 0);
    const parent = DATA.rows.parent[i] ? i - DATA.rows.parent[i] : -1;
    rows.parent[i] = parent;
    rows.depth[i] = parent < 0 ? 0 : rows.depth[parent] + 1;
    const group = groups[rows.group[i]];
    if (group.id && i > group.last) group.last = i;
  }
  if (DATA.flow)
    DATA.flow.groups.forEach((step, id) => {
      groups[id].step = step;
      if (chinese && step >= 0) groups[id].text = DATA.flow.steps[step].text;  // markers are English
    });
}

// What each process runs: the file of its last execve, or that of its parent.
function nameThreads() {
  const names = new Map();
  const known = new Set();
  for (let i = 0; i < COUNT; i++) {
    if (rows.kind[i] === LOST) continue;
    const thread = threads[rows.thread[i]], name = nameOf(i);
    if (rows.kind[i] === SYSCALL && name === 'execve' && rows.error[i] === 0) {
      const path = arg(i, 'pathname') || '';
      names.set(thread.pid, path.slice(path.lastIndexOf('/') + 1));
    } else if (name === 'sched_process_fork') {
      const child = Number(arg(i, 'child_pid'));
      if (!names.has(child)) names.set(child, names.get(thread.pid) || '');
    } else if (!known.has(thread.pid) && arg(i, 'drained_by') !== undefined) {
      thread.foreign = true;
      names.set(thread.pid, arg(i, 'drained_by') || '');
    }
    known.add(thread.pid);
  }
  for (const thread of threads) thread.name = names.get(thread.pid) || '';
}

// name -> what the catalogue says of it, by layer
const reference = { user: new Map(), syscall: new Map(), kernel: new Map(), point: new Map() };
for (const [layer, name, text, source, page] of DATA.reference)
  if (!reference[layer].has(name)) reference[layer].set(name, { text, source, page });

// row -> the claims that it witnesses
const witnessed = new Map();
if (DATA.flow)
  for (const claim of DATA.flow.claims)
    for (const row of claim.rows) {
      if (!witnessed.has(row)) witnessed.set(row, []);
      witnessed.get(row).push(claim);
    }

function timeText(ns) {
  const size = Math.abs(ns);
  if (size < 1000) return `${Math.round(ns)} ns`;
  if (size < 999950) return `${(ns / 1e3).toFixed(1)} µs`;
  if (size < 999950000) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${(ns / 1e9).toFixed(2)} s`;
}

// "shm_open("shmtest", …)": what a bar or a line of the tree has room for.
function callText(row, most = 120) {
  const kind = rows.kind[row];
  if (kind === STEP) return `${groups[rows.group[row]].number} ${groups[rows.group[row]].text}`;
  if (kind === LOST) return say('lost', STRINGS[rows.args[row]]);
  const list = pairs(rows.args[row]).map(([key, value]) => {
    const text = value === null ? '?' : value;
    return kind === USER || kind === SYSCALL ? text : `${key}=${text}`;
  });
  const text = kind === POINT ? `${nameOf(row)} ${list.join(' ')}` : `${nameOf(row)}(${list.join(', ')})`;
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function resultText(row) {
  if (rows.kind[row] > KERNEL || rows.ns[row] < 0) return '';
  const ret = STRINGS[rows.ret[row]], error = STRINGS[rows.error[row]];
  return error ? `= ${ret} ${error}` : ret === '' ? '' : `= ${ret}`;
}

completeRows();
nameThreads();

// SPDX-License-Identifier: BSD-2-Clause
// Where everything stands in the timeline: a lane per process, in it the bands of each thread, in
// each band a line per depth of nesting. A line is a list of rows in the order in which they began.
const ROW_HEIGHT = 21, HEAD_HEIGHT = 26, AXIS_HEIGHT = 24, LANE_GAP = 12;

const lanes = [];  // of the processes: { pid, name, y, height, threads, foreign, groups }
const lines = [];  // { y, kind, thread, rows | ghosts, lane }
let lanesHeight = 0;

// How many calls of the row's own layer are around it.
function bandDepth(row, depths) {
  for (let p = rows.parent[row]; p >= 0; p = rows.parent[p])
    if (rows.kind[p] === rows.kind[row]) return depths[p] + 1;
  return 0;
}

// Per thread: for each kind of call its lines, and the points.
function sortIntoLines() {
  const depths = new Uint16Array(COUNT);
  const all = threads.map(() => ({ calls: [[], [], []], points: [], ghosts: [] }));
  for (let i = 0; i < COUNT; i++) {
    const kind = rows.kind[i], mine = all[rows.thread[i]];
    if (kind === POINT) mine.points.push(i);
    if (kind > KERNEL) continue;
    depths[i] = bandDepth(i, depths);
    (mine.calls[kind][depths[i]] ||= []).push(i);
  }
  return all;
}

function addLine(lane, thread, kind, content, y) {
  lines.push({ y, kind, thread, lane, ...content });
  return y + ROW_HEIGHT;
}

function placeThread(lane, thread, content, y) {
  const bands = [];
  for (const kind of [USER, SYSCALL]) {
    const top = y;
    for (const list of content.calls[kind]) y = addLine(lane, thread, kind, { rows: list || [] }, y);
    if (y > top) bands.push({ kind, top, bottom: y });
  }
  const top = y;
  if (content.points.length) y = addLine(lane, thread, POINT, { rows: content.points }, y);
  for (const list of content.calls[KERNEL]) y = addLine(lane, thread, KERNEL, { rows: list || [] }, y);
  for (const list of state.scale === 'order' ? content.ghosts : []) y = addLine(lane, thread, KERNEL, { ghosts: list }, y);
  if (y > top) bands.push({ kind: KERNEL, top, bottom: y });
  lane.threads.push({ thread, bands });
  return y + 4;
}

const sorted = { content: null };

// Anew for another scale: what stacks witness has an order and no duration.
function placeLanes() {
  if (!sorted.content) {
    sorted.content = sortIntoLines();
    if (!rows.kind.includes(KERNEL)) sorted.content.forEach(addGhosts);
  }
  const content = sorted.content;
  lanes.length = lines.length = 0;
  const byPid = new Map();
  threads.forEach((thread, number) => {
    if (!byPid.has(thread.pid)) byPid.set(thread.pid, []);
    byPid.get(thread.pid).push(number);
  });
  const order = [...byPid.values()].sort((a, b) =>
    Number(threads[a[0]].foreign) - Number(threads[b[0]].foreign));
  let y = AXIS_HEIGHT + 4;
  for (const members of order) {
    const first = threads[members[0]];
    const lane = { pid: first.pid, name: first.name, foreign: first.foreign, y, threads: [], groups: [] };
    y += HEAD_HEIGHT;
    for (const thread of members) y = placeThread(lane, thread, content[thread], y);
    lane.height = y - lane.y;
    lanes.push(lane);
    y += LANE_GAP;
  }
  const laneOfPid = new Map(lanes.map((lane) => [lane.pid, lane]));
  for (const group of groups) if (group.id) laneOfPid.get(threads[group.thread].pid).groups.push(group);
  lanesHeight = y;
}

const laneOf = (row) => lanes.find((lane) => lane.pid === threads[rows.thread[row]].pid);

function lineOf(row) {
  const mine = lines.filter((line) => line.thread === rows.thread[row] && line.rows
    && line.kind === rows.kind[row]);
  return mine.find((line) => {
    const at = firstAfter(line.rows, rows.order, rows.order[row]);
    return line.rows[at] === row;
  });
}

// The place of the first of the rows whose value is not below `value`.
function firstAfter(list, values, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[list[middle]] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The time at a place in the order, and back.
function timeAt(order) {
  let low = 0, high = COUNT;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.order[middle] <= order) low = middle + 1;
    else high = middle;
  }
  return low ? rows.t[low - 1] : 0;
}

function orderAt(time) {
  let low = 0, high = COUNT;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.t[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low ? rows.order[low - 1] + 0.9 : 0;
}

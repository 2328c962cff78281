// SPDX-License-Identifier: BSD-2-Clause
// Draws the timeline. What is narrower than a pixel is drawn once a pixel, so that the work depends on
// the width of the window and not on the length of the trace.
const view = { a: 0, b: 1, top: 0, width: 0, height: 0, gutter: 92 };
let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['ink', 'muted', 'line', 'surface', 'back', 'accent', 'user', 'user-back', 'syscall',
    'syscall-back', 'kernel', 'kernel-back', 'fault', 'alloc', 'lru', 'other', 'lost', 'stripe'])
    colours[name] = style.getPropertyValue(`--${name}`).trim();
}

const starts = () => (state.scale === 'order' ? rows.order : rows.t);
const ends = () => (state.scale === 'order' ? rows.orderEnd : rows.tEnd);
const toX = (value) => view.gutter + (value - view.a) / (view.b - view.a) * (view.width - view.gutter);
const toValue = (x) => view.a + (x - view.gutter) / (view.width - view.gutter) * (view.b - view.a);
const ofOrder = (order) => (state.scale === 'order' ? order : timeAt(order));

// As much of the text as there is room for, in the font that the pen has.
function fitText(pen, text, width) {
  if (width < 18) return '';
  const long = text.length > 300 ? text.slice(0, 300) : text;
  const wide = pen.measureText(long).width;
  if (wide <= width && long === text) return text;
  const most = Math.floor(long.length * width / Math.max(wide, width)) - 1;
  return most < 2 ? '' : `${long.slice(0, most)}…`;
}

const KIND_COLOUR = ['user', 'syscall', 'kernel'];

function drawBar(pen, x, width, y, colour, text, { hollow = false, chosen = false } = {}) {
  const height = ROW_HEIGHT - 3;
  pen.fillStyle = colours[`${colour}-back`];
  if (!hollow) pen.fillRect(x, y, Math.max(width, 1), height);
  pen.fillStyle = colours[colour];
  if (width < 3) {
    pen.globalAlpha = hollow ? 0.45 : 0.8;
    pen.fillRect(x, y, Math.max(width, 1), height);
    pen.globalAlpha = 1;
  } else if (hollow) {
    pen.strokeStyle = colours[colour];
    pen.setLineDash([2, 2]);
    pen.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    pen.setLineDash([]);
  } else {
    pen.fillRect(x, y, 2, height);
  }
  if (chosen) {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    pen.strokeRect(x - 1, y - 1, Math.max(width, 2) + 2, height + 2);
    pen.lineWidth = 1;
  }
  const shown = text && width > 22 ? fitText(pen, text, width - 8) : '';
  if (shown) {
    pen.fillStyle = colours.ink;
    pen.fillText(shown, x + 5, y + height / 2 + 0.5);
  }
}

const POINT_COLOUR = { page_fault_user: 'fault', page_fault_kernel: 'fault', mm_page_alloc: 'alloc', mm_lru_insertion: 'lru' };
const pointColour = (row) => POINT_COLOUR[nameOf(row)] || 'other';

// Another shape for each kind, as not everybody tells the colours apart.
function drawMark(pen, x, y, row, room) {
  const middle = y + (ROW_HEIGHT - 3) / 2, colour = pointColour(row);
  pen.fillStyle = colours[colour];
  if (room < 4) {
    pen.fillRect(x, y + 3, 1, ROW_HEIGHT - 9);
    return;
  }
  pen.beginPath();
  if (colour === 'fault') { pen.moveTo(x, middle + 5); pen.lineTo(x + 10, middle + 5); pen.lineTo(x + 5, middle - 5); }
  else if (colour === 'alloc') pen.rect(x + 1, middle - 4, 8, 8);
  else if (colour === 'lru') { pen.moveTo(x, middle); pen.lineTo(x + 5, middle - 5); pen.lineTo(x + 10, middle); pen.lineTo(x + 5, middle + 5); }
  else pen.arc(x + 5, middle, 4, 0, 7);
  pen.fill();
  if (row === state.row) {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    pen.strokeRect(x - 2, y - 1, 15, ROW_HEIGHT - 1);
    pen.lineWidth = 1;
  }
  if (room > 40) {
    pen.fillStyle = colours.ink;
    pen.fillText(fitText(pen, callText(row), room - 16), x + 14, middle + 0.5);
  }
}

function drawRows(pen, line, y) {
  const from = starts(), to = ends(), list = line.rows;
  const pixel = (view.b - view.a) / (view.width - view.gutter);
  let at = Math.max(0, firstAfter(list, from, view.a) - 1);
  for (; at < list.length && from[list[at]] <= view.b; at++) {
    const row = list[at];
    if (line.kind !== POINT && to[row] < view.a) continue;
    const x = Math.max(toX(from[row]), view.gutter), right = Math.min(toX(to[row]), view.width + 10);
    const dim = !isStep(row);
    if (dim) pen.globalAlpha = 0.35;
    if (line.kind === POINT) {
      const next = at + 1 < list.length ? toX(from[list[at + 1]]) : view.width;
      if (from[row] >= view.a) drawMark(pen, x, y, row, next - x);
    } else {
      drawBar(pen, x, right - x, y, KIND_COLOUR[line.kind], right - x > 22 ? callText(row) : '', { chosen: row === state.row });
    }
    pen.globalAlpha = 1;
    if (right - x < 1 || line.kind === POINT) {  // what lies in the same pixel would not be seen
      const next = firstAfter(list, from, Math.max(from[row], view.a) + pixel);
      if (next > at + 1) at = next - 1;
    }
  }
}

function drawGhosts(pen, line, y) {
  if (state.scale !== 'order') return;
  const list = line.ghosts, pixel = (view.b - view.a) / (view.width - view.gutter);
  for (let at = firstGhost(list, view.a); at < list.length && list[at].start <= view.b; at++) {
    const bar = list[at];
    const x = Math.max(toX(bar.start), view.gutter), right = Math.min(toX(bar.end), view.width + 10);
    if (!isStep(bar.row)) pen.globalAlpha = 0.35;
    drawBar(pen, x, right - x, y, 'kernel', bar.name, { hollow: true, chosen: bar.row === state.row && bar.name === state.frame });
    pen.globalAlpha = 1;
    if (right - x < 1) at = Math.max(at, firstGhost(list, bar.start + pixel) - 1);
  }
}

// The steps of a process: a column each behind its bands, and a label at its head.
function drawGroups(pen, lane, y) {
  for (const [place, group] of lane.groups.entries()) {
    const next = lane.groups[place + 1];
    const end = next ? starts()[next.first] : ends()[group.last];
    const x = Math.max(toX(starts()[group.first]), view.gutter), right = Math.min(toX(end), view.width);
    if (right <= view.gutter || x >= view.width) continue;
    pen.fillStyle = group.id === state.group ? colours.accent : colours.stripe;
    pen.globalAlpha = group.id === state.group ? 0.1 : place % 2 ? 1 : 0.45;
    pen.fillRect(x, y, right - x, lane.height);
    pen.globalAlpha = 1;
    pen.fillStyle = group.id === state.group ? colours.accent : colours.line;
    pen.fillRect(x, y, 1, lane.height);
    pen.fillStyle = group.id === state.group ? colours.accent : colours.muted;
    const text = right - x > 40 ? `${group.number} ${group.text}` : String(group.number);
    if (right - x > 10) pen.fillText(right - x > 40 ? fitText(pen, text, right - x - 8) : text, x + 4, y + HEAD_HEIGHT / 2);
  }
}

function drawGutter(pen, lane, y) {
  pen.fillStyle = colours.surface;
  pen.fillRect(0, y - 2, view.gutter, lane.height + 4);
  pen.fillStyle = colours.ink;
  pen.font = '600 12px system-ui, sans-serif';
  pen.fillText(fitText(pen, lane.name || say('process'), view.gutter - 8), 8, y + 9);
  pen.font = '11px system-ui, sans-serif';
  pen.fillStyle = colours.muted;
  const note = lane.foreign ? `${lane.pid}, ${say('notTraced')}` : String(lane.pid);
  pen.fillText(note, 8, y + 22);
  for (const { thread, bands } of lane.threads)
    for (const band of bands) {
      const top = band.top - view.top;
      pen.fillStyle = colours[KIND_COLOUR[band.kind]];
      pen.fillRect(view.gutter - 4, top, 3, band.bottom - band.top - 3);
      const text = say(KINDS[band.kind]);
      const name = lane.threads.length > 1 && band === bands[0] ? `${threads[thread].tid}` : text;
      if (band.bottom - view.top > AXIS_HEIGHT + 16) pen.fillText(name, 8, Math.max(top, AXIS_HEIGHT + 4) + 10);
    }
}

// With as many digits as tell one label from the next.
function axisText(time, range) {
  const unit = time >= 1e9 ? 1e9 : time >= 1e6 ? 1e6 : 1e3;
  const digits = Math.ceil(-Math.log10(Math.max(range, 1) / 60 / unit));
  return `${(time / unit).toFixed(Math.max(0, Math.min(digits, 6)))} ${unit === 1e9 ? 's' : unit === 1e6 ? 'ms' : 'µs'}`;
}

function drawAxis(pen) {
  pen.fillStyle = colours.surface;
  pen.fillRect(0, 0, view.width, AXIS_HEIGHT);
  pen.fillStyle = colours.line;
  pen.fillRect(0, AXIS_HEIGHT - 1, view.width, 1);
  pen.fillStyle = colours.muted;
  const every = 130, count = Math.max(1, Math.floor((view.width - view.gutter) / every));
  const range = state.scale === 'order' ? timeAt(view.b) - timeAt(view.a) : view.b - view.a;
  for (let i = 0; i < count; i++) {
    const x = view.gutter + i * every, value = toValue(x);
    const time = state.scale === 'order' ? timeAt(value) : value;
    pen.fillRect(x, AXIS_HEIGHT - 6, 1, 5);
    if (time >= 0) pen.fillText(axisText(time, range), x + 4, AXIS_HEIGHT / 2);
  }
  pen.fillText(say(state.scale === 'order' ? 'byOrder' : 'byTime'), 8, AXIS_HEIGHT / 2);
}

function drawLost(pen) {
  for (let i = 0; i < COUNT; i++) {
    if (rows.kind[i] !== LOST) continue;
    const x = toX(starts()[i]);
    if (x < view.gutter || x > view.width) continue;
    pen.fillStyle = colours.lost;
    pen.globalAlpha = 0.35;
    const width = Math.max(6, toX(starts()[i] + (state.scale === 'order' ? 1 : 0)) - x);
    for (let y = AXIS_HEIGHT; y < view.height; y += 8) pen.fillRect(x, y, width, 5);
    pen.globalAlpha = 1;
    pen.fillText(say('lost', STRINGS[rows.args[i]]), x + width + 3, AXIS_HEIGHT + 10);
  }
}

function drawCursor(pen) {
  const x = toX(ofOrder(state.cursor));
  if (x < view.gutter || x > view.width) return;
  pen.fillStyle = colours.accent;
  pen.fillRect(Math.round(x), 0, 1.5, view.height);
  pen.beginPath();
  pen.moveTo(x - 5, 0); pen.lineTo(x + 6, 0); pen.lineTo(x + 0.5, 8);
  pen.fill();
}

function drawTimeline(pen) {
  pen.clearRect(0, 0, view.width, view.height);
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  for (const lane of lanes) {
    const y = lane.y - view.top;
    if (y > view.height || y + lane.height < 0) continue;
    drawGroups(pen, lane, y);
    pen.fillStyle = colours.line;
    pen.fillRect(0, y + lane.height + LANE_GAP / 2, view.width, 1);
  }
  for (const line of lines) {
    const y = line.y - view.top;
    if (y > view.height || y < -ROW_HEIGHT) continue;
    if (line.rows) drawRows(pen, line, y);
    else drawGhosts(pen, line, y);
  }
  for (const lane of lanes)
    if (lane.y - view.top < view.height && lane.y + lane.height > view.top) drawGutter(pen, lane, lane.y - view.top);
  drawLost(pen);
  drawAxis(pen);
  drawCursor(pen);
}

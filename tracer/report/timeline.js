// SPDX-License-Identifier: BSD-2-Clause
// The timeline's view: zoom, pan, what lies under the pointer.
let pen = null, drawWaits = false;

function redraw() {
  if (drawWaits) return;
  drawWaits = true;
  requestAnimationFrame(() => {
    drawWaits = false;
    drawTimeline(pen);
  });
}

function resizeTimeline() {
  const box = $('lanes'), ratio = window.devicePixelRatio || 1;
  view.width = box.clientWidth;
  view.height = box.clientHeight;
  view.gutter = view.width < 500 ? 64 : 92;
  const canvas = $('canvas');
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round(view.height * ratio);
  canvas.style.width = `${view.width}px`;
  canvas.style.height = `${view.height}px`;
  $('spacer').style.height = `${Math.max(lanesHeight, view.height)}px`;
  pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  redraw();
}

const limit = () => (state.scale === 'order' ? LAST_ORDER.value + 1 : Math.max(LAST_TIME.value, 1));

function setView(a, b) {
  const least = state.scale === 'order' ? 3 : 100, most = limit() * 1.04;
  const size = Math.min(Math.max(b - a, least), most);
  const middle = (a + b) / 2;
  view.a = Math.min(Math.max(middle - size / 2, -limit() * 0.02), Math.max(limit() * 1.02 - size, -limit() * 0.02));
  view.b = view.a + size;
  changed('view');
  redraw();
}

function zoom(factor, x = (view.gutter + view.width) / 2) {
  const value = toValue(x), a = value - (value - view.a) * factor;
  setView(a, a + (view.b - view.a) * factor);
}

const pan = (pixels) => {
  const by = pixels * (view.b - view.a) / (view.width - view.gutter);
  setView(view.a + by, view.b + by);
};

// All: from the first step to the end of the last of the same process; the whole without steps.
function fitGroup() {
  let range = rangeOf(state.group);
  if (!range && groups.length > 1) {
    const pid = threads[groups[1].thread].pid;
    const mine = groups.filter((group) => group.id && threads[group.thread].pid === pid);
    const first = rangeOf(mine[0].id), last = rangeOf(mine[mine.length - 1].id);
    range = { order: [first.order[0], last.order[1]], time: [first.time[0], last.time[1]] };
  }
  if (!range) return setView(0, limit());
  const [a, b] = range[state.scale], room = Math.max((b - a) * 0.02, state.scale === 'order' ? 0.5 : 50);
  return setView(a - room, b + room);
}

function setScale(scale) {
  const [a, b] = [view.a, view.b];
  const old = state.scale;
  state.scale = scale;
  placeLanes();
  $('spacer').style.height = `${Math.max(lanesHeight, view.height)}px`;
  if (old === 'order' && scale === 'time') setView(timeAt(a), timeAt(b));
  if (old === 'time' && scale === 'order') setView(orderAt(a), orderAt(b));
  changed('view');
}

// Brings the row into sight.
function reveal(row) {
  const a = starts()[row], b = ends()[row];
  if (b < view.a || a > view.b) {
    const half = (view.b - view.a) / 2, middle = Math.min((a + b) / 2, a + half);
    setView(middle - half, middle + half);
  }
  const line = lineOf(row);
  const box = $('lanes');
  if (line && (line.y < box.scrollTop + AXIS_HEIGHT || line.y + ROW_HEIGHT > box.scrollTop + view.height))
    box.scrollTop = line.y - view.height / 2;
  redraw();
}

function ghostAt(line, x) {
  if (state.scale !== 'order') return null;
  const bar = line.ghosts[firstGhost(line.ghosts, toValue(x))];
  return bar && toX(bar.start) <= x + 1 ? bar : null;
}

// { row, frame } below the pointer, or null.
function hitAt(x, y) {
  const line = lines.find((one) => y + view.top >= one.y && y + view.top < one.y + ROW_HEIGHT);
  if (!line || x < view.gutter || y < AXIS_HEIGHT) return null;
  if (line.ghosts) {
    const bar = ghostAt(line, x);
    return bar ? { row: bar.row, frame: bar.name } : null;
  }
  const at = firstAfter(line.rows, starts(), toValue(x) + 1e-9) - 1;
  for (const place of [at, at + 1, at - 1]) {
    const row = line.rows[place];
    if (row === undefined) continue;
    const left = toX(starts()[row]), right = Math.max(toX(ends()[row]), left + (line.kind === POINT ? 12 : 3));
    if (x >= left - 3 && x <= right + 1) return { row, frame: -1 };
  }
  return null;
}

function stepAt(x, y) {
  const lane = lanes.find((one) => y + view.top >= one.y && y + view.top < one.y + HEAD_HEIGHT);
  if (!lane || x < view.gutter) return 0;
  const order = state.scale === 'order' ? toValue(x) : orderAt(toValue(x));
  const past = lane.groups.filter((group) => rows.order[group.first] <= order);
  return past.length ? past[past.length - 1].id : 0;
}

function clicked(x, y) {
  const group = stepAt(x, y);
  if (group) return chooseGroup(group === state.group ? 0 : group);
  const hit = hitAt(x, y);
  if (!hit) {
    const value = toValue(x);
    setCursor(state.scale === 'order' ? value : orderAt(value));
    return redraw();
  }
  state.frame = hit.frame;
  choose(hit.row, { show: false });
  return showTab('details');
}

function showTip(x, y) {
  const hit = hitAt(x, y), tip = $('tip');
  tip.hidden = !hit;
  if (!hit) return;
  const { row, frame } = hit;
  const what = frame === -1 ? `${callText(row, 200)} ${resultText(row)}` : `${frame} · ${say('witnessed')}`;
  const long = frame === -1 && rows.kind[row] <= KERNEL && rows.ns[row] >= 0 ? ` · ${timeText(rows.ns[row])}` : '';
  tip.textContent = what + long;
  const box = $('timeline').getBoundingClientRect(), lanesBox = $('lanes').getBoundingClientRect();
  tip.style.left = `${Math.min(x + 12, Math.max(8, box.width - tip.offsetWidth - 8))}px`;
  tip.style.top = `${lanesBox.top - box.top + y + 18}px`;
}

function listenTimeline() {
  const box = $('lanes'), pointers = new Map();
  let moved = 0, pinch = 0;
  const place = (event) => {
    const frame = $('canvas').getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  box.addEventListener('wheel', (event) => {
    event.preventDefault();
    if (event.shiftKey) pan(event.deltaY || event.deltaX);
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX);
    else zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), place(event)[0]);
  }, { passive: false });
  const canvas = $('canvas');
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    moved = 0;
    $('tip').hidden = true;
  });
  canvas.addEventListener('pointermove', (event) => {
    const now = place(event), before = pointers.get(event.pointerId);
    if (!before) return showTip(...now);
    pointers.set(event.pointerId, now);
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    if (pointers.size === 2) {
      const [[x1, y1], [x2, y2]] = [...pointers.values()];
      const size = Math.hypot(x1 - x2, y1 - y2);
      if (pinch) zoom(pinch / Math.max(size, 1), (x1 + x2) / 2);
      pinch = size;
    } else if (moved > 3) {
      pan(-dx);
      box.scrollTop -= dy;
    }
    return undefined;
  });
  const up = (event) => {
    if (pointers.has(event.pointerId) && moved <= 3 && event.type === 'pointerup') clicked(...place(event));
    pointers.delete(event.pointerId);
    pinch = 0;
  };
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('pointerleave', () => { $('tip').hidden = true; });
  box.addEventListener('scroll', () => { view.top = box.scrollTop; redraw(); });
  new ResizeObserver(resizeTimeline).observe(box);
  for (const what of ['row', 'group', 'cursor']) on(what, redraw);
  on('theme', () => { readColours(); redraw(); });
}

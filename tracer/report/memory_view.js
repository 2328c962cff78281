// SPDX-License-Identifier: BSD-2-Clause
// Which part of the memory is shown at a moment: what the steps touched, or all that is known.
const MOST_FRAMES = 28, MOST_PAGES = 8, MOST_MAPS = 12;
let memory = null, memoryWaits = false;

// Whether the row belongs to a step; all do where nothing else is asked for.
const isInStep = (row) => groups.length < 2 || $('whole').checked || rows.group[row] > 0;

// What happened since this order is marked as new.
function freshFrom() {
  if (state.row >= 0) return rows.order[state.row];
  return state.group ? rows.order[groups[state.group].first] : Infinity;
}

function worthShowing(frame) {
  const links = [...frame.links.values()];
  if (!isInStep(frame.row) && !links.some((one) => one.how !== 'fork' && isInStep(one.row))) return false;
  if (frame.kind === 'anon' && !links.length) return frame.row === state.row;  // gone with its process
  if (links.length || (frame.object && memory.inUse(frame.object))) return true;
  return frame.touched >= freshFrom();
}

function chosenFrames() {
  const all = [];
  for (const frame of memory.frames.values()) if (worthShowing(frame)) all.push(frame);
  // those of objects first: sharing is what the picture is about
  const weight = (frame) => (frame.object ? 2 : 0) + (frame.links.size > 1 ? 1 : 0);
  all.sort((a, b) => weight(b) - weight(a) || b.touched - a.touched);
  return { frames: all.slice(0, MOST_FRAMES), left: Math.max(0, all.length - MOST_FRAMES) };
}

// The pages of a mapping to show: those with a frame in the picture, and those that faulted.
function pagesOf(space, map, frames) {
  const pages = new Map();
  for (const page of pagesWithin(space.pages, map.start, map.end)) {
    const one = space.pages.get(page);
    if (frames.has(one.frame)) pages.set(page, { page, link: one, fault: space.faults.get(page) });
  }
  for (const page of pagesWithin(space.faults, map.start, map.end)) {
    const fault = space.faults.get(page);
    if (!pages.has(page) && !space.pages.has(page) && isInStep(fault.row) && isInStep(map.row))
      pages.set(page, { page, link: null, fault });
  }
  return [...pages.values()].sort((a, b) => a.page - b.page);
}

function shownSpaces(frames) {
  const all = [];
  for (const space of new Set(memory.spaces.values())) {
    const maps = [];
    const sharedFirst = (a, b) => Number(b.shared) - Number(a.shared) || a.start - b.start;
    for (const map of [...space.maps].sort(sharedFirst)) {
      const pages = pagesOf(space, map, frames);
      if (pages.length || (isInStep(map.row) && map.shared)) maps.push({ map, pages });
    }
    const loose = [...space.pages.values()].filter((one) => frames.has(one.frame) && !mapAt(space, one.page));
    if (loose.length) maps.push({ map: null, pages: loose.map((one) => ({ page: one.page, link: one, fault: space.faults.get(one.page) })) });
    if (maps.length) all.push({ space, maps });
  }
  return all;
}

// What the picture holds at the cursor.
function memoryShown() {
  memory.moveTo(state.cursor);
  const { frames, left } = chosenFrames();
  const set = new Set(frames);
  return { frames, left, spaces: shownSpaces(set), fresh: freshFrom() };
}

function drawMemory() {
  if (memoryWaits) return;
  memoryWaits = true;
  requestAnimationFrame(() => {
    memoryWaits = false;
    $('moment').textContent = say('moment', timeText(timeAt(state.cursor)));
    drawPicture($('picture'), memoryShown());
  });
}

// How many of the first pages of a mapping have a frame: enough to tell a good moment.
function fewPages(space, map) {
  let count = 0;
  for (let page = map.start; page < Math.min(map.end, map.start + 8); page++) count += Number(space.pages.has(page));
  return count;
}

// The moment in sight at which the most pages are shared: a picture worth beginning with.
function chooseFirst() {
  if (groups.length < 2) return;
  const last = Math.max(...groups.slice(1).map((group) => group.last));
  let best = 0, moment = -1;
  for (let i = groups[1].first; i <= last; i++) {
    if (!rows.group[i] || rows.order[i] > view.b) continue;
    if (nameOf(i) !== 'page_fault_user' && nameOf(i) !== 'mmap' && nameOf(i) !== 'shmat') continue;
    memory.moveTo(rows.orderEnd[i] + 3);
    let count = 0;
    for (const space of new Set(memory.spaces.values()))
      for (const map of space.maps)
        if (rows.group[map.row] > 0)
          count += (map.shared ? 5 : 1) * fewPages(space, map) + (map.shared ? 2 : 0);
    if (count > best) { best = count; moment = rows.orderEnd[i] + 3; }
  }
  if (moment >= 0) setCursor(moment);
}

// The next moment at which something that is drawn changes.
function memoryStep(by) {
  const at = memory.ops.map((op) => op.at);
  const names = ['mmap', 'munmap', 'shmat', 'shmdt', 'page_fault_user', 'page_fault_kernel', 'mm_page_alloc', 'mm_lru_insertion'];
  let low = 0;
  while (low < at.length && at[low] < Math.floor(state.cursor) + (by > 0 ? 1 : 0)) low++;
  for (let i = by > 0 ? low : low - 1; i >= 0 && i < at.length; i += by)
    if (names.includes(nameOf(memory.ops[i].row)) && isInStep(memory.ops[i].row)) {
      choose(memory.ops[i].row, { cursor: false });
      setCursor(at[i] + 0.5);
      return;
    }
}

function listenMemory() {
  memory = new Memory();
  $('whole').nextElementSibling.textContent = say('whole');
  $('whole').parentElement.hidden = groups.length < 2;
  $('whole').addEventListener('change', drawMemory);
  $('back').addEventListener('click', () => memoryStep(-1));
  $('forward').addEventListener('click', () => memoryStep(1));
  $('large').addEventListener('click', () => {
    document.body.classList.toggle('large');
    drawMemory();
  });
  for (const what of ['cursor', 'row', 'group']) on(what, drawMemory);
  new ResizeObserver(drawMemory).observe($('picture'));
}

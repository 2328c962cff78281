// SPDX-License-Identifier: BSD-2-Clause
// The events of the chosen step, or all, as an indented list. Only what is in sight is in the page.
const LINE = 22;
const tree = { list: [], base: 0, sized: null };

function listEvents() {
  tree.list = [];
  for (let i = 0; i < COUNT; i++) if (isStep(i) || rows.kind[i] === LOST) tree.list.push(i);
}

function eventLine(row) {
  const line = make('div', `line ${KINDS[rows.kind[row]]}${row === state.row ? ' chosen' : ''}`);
  line.setAttribute('role', 'option');
  line.setAttribute('aria-selected', String(row === state.row));
  line.style.paddingLeft = `${8 + Math.min(rows.depth[row], 24) * 14}px`;
  const long = rows.kind[row] <= KERNEL && rows.ns[row] >= 0 ? timeText(rows.ns[row]) : '';
  line.append(make('span', 'text code', callText(row, 200)), make('span', 'ret code', resultText(row)),
    make('span', 'long', long));
  line.addEventListener('click', () => { state.frame = -1; choose(row); });
  line.addEventListener('dblclick', () => showTab('details'));
  return line;
}

// Browsers limit the height of an element: a very long list is scrolled in proportion.
const most = 8000000;
const treeHeight = () => Math.min(tree.list.length * LINE, most);

function drawTree() {
  if (state.tab !== 'events') return;
  const box = $('events'), inner = tree.sized, list = tree.list;
  inner.style.height = `${treeHeight()}px`;
  const shown = Math.ceil(box.clientHeight / LINE) + 2;
  const room = Math.max(treeHeight() - box.clientHeight, 1);
  const share = Math.min(box.scrollTop / room, 1);
  const from = Math.max(0, treeHeight() < most ? Math.floor(box.scrollTop / LINE)
    : Math.floor(share * (list.length - shown + 2)));
  const top = treeHeight() < most ? from * LINE : box.scrollTop;
  const fresh = [];
  for (let i = from; i < Math.min(from + shown, list.length); i++) {
    const line = eventLine(list[i]);
    line.style.top = `${top + (i - from) * LINE}px`;
    fresh.push(line);
  }
  inner.replaceChildren(...fresh);
}

function showInTree(row) {
  const place = tree.list.indexOf(row), box = $('events');
  if (place < 0 || state.tab !== 'events') return;
  const y = treeHeight() < most ? place * LINE : place / tree.list.length * treeHeight();
  if (y < box.scrollTop || y > box.scrollTop + box.clientHeight - LINE) box.scrollTop = y - box.clientHeight / 2;
}

function listenTree() {
  tree.sized = make('div', 'tree');
  tree.sized.setAttribute('role', 'listbox');
  tree.sized.setAttribute('aria-label', say('events'));
  $('events').append(tree.sized);
  $('events').addEventListener('scroll', drawTree);
  on('group', () => { listEvents(); $('events').scrollTop = 0; drawTree(); });
  on('row', () => { showInTree(state.row); drawTree(); });
  on('tab', () => { drawTree(); showInTree(state.row); });
  new ResizeObserver(drawTree).observe($('events'));
  listEvents();
}

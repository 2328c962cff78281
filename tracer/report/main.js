// SPDX-License-Identifier: BSD-2-Clause
// The page as a whole: its head, the strip of steps, keys, themes, paper.

function drawHead() {
  const head = DATA.header, flow = DATA.flow;
  const title = flow ? `${flow.id} · ${flow.title}` : head.command.join(' ') || 'shmpath';
  document.title = `${title} · shmpath`;
  $('title').querySelector('h1').textContent = title;
  $('about').textContent = [`Linux ${head.kernel}`, head.machine, head.place, head.view].filter(Boolean).join(' · ');
  $('about').title = head.why;
  const sum = DATA.summary, parts = [];
  if (sum.left_out) parts.push(say('leftOut', sum.left_out));
  if (!sum.complete) parts.unshift(sum.gaps);
  const good = !parts.length, box = $('completeness');
  box.textContent = good ? `✓ ${say('complete')}` : `⚠ ${say('incomplete')}${parts.join(', ')}`;
  box.className = good ? 'good' : 'bad';
  box.title = `${sum.events} ${say('events')}`;
}

function drawSteps() {
  const strip = $('steps');
  strip.setAttribute('aria-label', say('steps'));
  strip.replaceChildren();
  if (groups.length < 2) {
    strip.append(make('span', 'muted', say('noSteps')));
    return;
  }
  const all = button(say('all'), () => chooseGroup(0), 'chip');
  all.setAttribute('aria-pressed', String(!state.group));
  strip.append(all);
  let last = -1;
  for (const group of groups.slice(1)) {
    const thread = threads[group.thread];
    if (thread.pid !== last) strip.append(make('span', 'program', DATA.flow && group.step >= 0 ? DATA.flow.steps[group.step].program : thread.name));
    last = thread.pid;
    const chip = button('', () => chooseGroup(group.id), 'chip');
    chip.append(make('b', '', String(group.number)), ` ${group.text}`);
    chip.setAttribute('aria-pressed', String(group.id === state.group));
    strip.append(chip);
  }
  const chosen = strip.querySelector('[aria-pressed=true]');
  if (chosen) strip.scrollLeft = chosen.offsetLeft - strip.clientWidth / 2 + chosen.offsetWidth / 2;
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $('theme').textContent = theme === 'dark' ? '☀' : '☾';
  changed('theme');
}

const isDark = () => document.documentElement.dataset.theme === 'dark';

function drawHelp() {
  const list = make('table', 'keys');
  for (const [keys, en, zh] of HELP)
    list.append(make('tr', '', make('th', 'code', keys), make('td', '', chinese ? zh : en)));
  $('help').append(make('h2', '', say('help')), list, button(say('close'), () => $('help').close()));
}

function moveTo(row) {
  if (row < 0 || row >= COUNT) return;
  state.frame = -1;
  choose(row);
}

// The next row of the chosen step, forward or back.
function neighbour(by) {
  let row = state.row < 0 ? (by > 0 ? -1 : COUNT) : state.row;
  if (state.row < 0 && state.group) row = groups[state.group].row - by;
  do row += by; while (row >= 0 && row < COUNT && !isStep(row));
  return row;
}

const child = () => (state.row + 1 < COUNT && rows.parent[state.row + 1] === state.row ? state.row + 1 : -1);
const nextGroup = (by) => chooseGroup(Math.max(0, Math.min(state.group + by, groups.length - 1)));

const KEYS = {
  ArrowLeft: () => pan(-120), ArrowRight: () => pan(120),
  ArrowUp: () => { $('lanes').scrollTop -= 60; }, ArrowDown: () => { $('lanes').scrollTop += 60; },
  '+': () => zoom(0.7), '=': () => zoom(0.7), '-': () => zoom(1.4), 0: fitGroup,
  j: () => moveTo(neighbour(1)), k: () => moveTo(neighbour(-1)),
  i: () => moveTo(child()), u: () => moveTo(state.row < 0 ? -1 : rows.parent[state.row]),
  '[': () => nextGroup(-1), ']': () => nextGroup(1),
  t: () => setScale(state.scale === 'order' ? 'time' : 'order'),
  m: () => $('large').click(), d: () => $('theme').click(),
  n: () => showHit(1), N: () => showHit(-1), '/': () => $('find').focus(),
  '?': () => $('help').showModal(),
  1: () => showTab('details'), 2: () => showTab('table'), 3: () => showTab('claims'), 4: () => showTab('events'),
  Escape: () => { state.frame = -1; choose(-1); },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $('help').open) return;
  if (event.target.tagName === 'INPUT' && event.target.type !== 'checkbox') {
    if (event.key === 'Escape') $('lanes').focus();
    return;
  }
  const reads = event.target.closest && event.target.closest('.sheet, #picture');
  if (reads && event.key.startsWith('Arrow')) return;  // they scroll it
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function labelButtons() {
  for (const [id, word] of [['theme', 'theme'], ['print', 'print'], ['help-open', 'help'], ['large', 'large'], ['fit', 'fit']]) {
    $(id).title = say(word);
    $(id).setAttribute('aria-label', say(word));
  }
  $('print').textContent = say('print');
  $('large').textContent = '⤢';
  $('fit').textContent = say('fit');
  $('timeline').querySelector('h2').textContent = say('timeline');
  $('memory').querySelector('h2').textContent = say('memory');
  $('lanes').setAttribute('aria-label', say('timeline'));
  for (const kind of ['user', 'syscall', 'kernel']) $('layers').append(make('span', kind, say(kind)));
  for (const scale of ['order', 'time']) {
    const one = button(say(scale === 'order' ? 'byOrder' : 'byTime'), () => setScale(scale));
    one.id = `scale-${scale}`;
    $('scale').append(one);
  }
}

function drawView() {
  for (const scale of ['order', 'time'])
    $(`scale-${scale}`).setAttribute('aria-pressed', String(state.scale === scale));
  const [a, b] = state.scale === 'order' ? [timeAt(view.a), timeAt(view.b)] : [view.a, view.b];
  $('where').textContent = `${timeText(Math.max(a, 0))} – ${timeText(b)}`;
}

// What paper gets: all of the table and the claims, and the first lines of the tree.
function fillPaper() {
  const paper = $('paper'), mostLines = 400, list = make('pre', 'code');
  const group = state.group;
  state.group = 0;
  drawTable();
  paper.replaceChildren(make('h2', '', say('table')), ...[...$('table').children].map((one) => one.cloneNode(true)),
    make('h2', '', say('claims')), ...[...$('claims').children].map((one) => one.cloneNode(true)));
  state.group = group;
  drawTable();
  for (const one of paper.querySelectorAll('[id]')) one.removeAttribute('id');
  const lines = tree.list.slice(0, mostLines).map((row) =>
    `${'  '.repeat(Math.min(rows.depth[row], 24))}${callText(row, 140)} ${resultText(row)}`);
  list.textContent = lines.join('\n');
  paper.append(make('h2', '', say('events')), list);
  if (tree.list.length > mostLines) paper.append(make('p', 'muted', say('firstOf', mostLines, tree.list.length)));
}

// The border between timeline and picture can be moved.
function listenDivider() {
  const divider = $('divider'), main = document.querySelector('main');
  const move = (share) => main.style.setProperty('--share', `${Math.max(15, Math.min(85, share))}%`);
  divider.addEventListener('pointerdown', (event) => divider.setPointerCapture(event.pointerId));
  divider.addEventListener('pointermove', (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = main.getBoundingClientRect();
    move((event.clientY - box.top) / box.height * 100);
  });
  divider.addEventListener('keydown', (event) => {
    const by = event.key === 'ArrowUp' ? -4 : event.key === 'ArrowDown' ? 4 : 0;
    if (!by) return;
    event.stopPropagation();
    event.preventDefault();
    move(parseFloat(getComputedStyle(main).getPropertyValue('--share')) + by);
  });
}

function start() {
  labelButtons();
  drawHead();
  drawHelp();
  placeLanes();
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  document.documentElement.dataset.theme = dark.matches ? 'dark' : 'light';
  readColours();
  state.cursor = LAST_ORDER.value;
  listenTimeline();
  resizeTimeline();
  listenPanel();
  listenTable();
  listenTree();
  listenMemory();
  listenSearch();
  listenDivider();
  on('view', drawView);
  on('group', drawSteps);
  drawSteps();
  setTheme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => setTheme(dark.matches ? 'dark' : 'light'));
  $('theme').addEventListener('click', () => setTheme(isDark() ? 'light' : 'dark'));
  $('help-open').addEventListener('click', () => $('help').showModal());
  $('print').addEventListener('click', () => window.print());
  $('zoom-in').addEventListener('click', () => zoom(0.7));
  $('zoom-out').addEventListener('click', () => zoom(1.4));
  $('fit').addEventListener('click', fitGroup);
  window.addEventListener('beforeprint', fillPaper);
  document.addEventListener('keydown', onKey);
  fitGroup();
  chooseFirst();
  document.documentElement.dataset.ready = 'yes';
}

start();

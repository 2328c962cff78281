// SPDX-License-Identifier: BSD-2-Clause
// Finds rows by name, argument, result, pid or the text of a step.

function matchingStrings(wanted) {
  const found = new Uint8Array(STRINGS.length);
  for (let i = 1; i < STRINGS.length; i++)
    if (STRINGS[i].toLowerCase().includes(wanted)) found[i] = 1;
  return found;
}

const matchingLists = (lists, strings) =>
  Uint8Array.from(lists, (list) => Number(list.some((number) => number >= 0 && strings[number])));

function findRows(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const strings = matchingStrings(wanted);
  const lists = matchingLists(DATA.lists, strings), stacks = matchingLists(DATA.stacks, strings);
  const pids = threads.map((thread) => String(thread.pid) === wanted || String(thread.tid) === wanted);
  const steps = groups.map((group) => group.id > 0 && group.text.toLowerCase().includes(wanted));
  const hits = [];
  for (let i = 0; i < COUNT; i++) {
    if (rows.kind[i] === LOST) continue;
    if (strings[rows.name[i]] || strings[rows.symbol[i]] || lists[rows.args[i]] || lists[rows.exit[i]]
      || strings[rows.ret[i]] || strings[rows.error[i]] || stacks[rows.stack[i]] || pids[rows.thread[i]]
      || (rows.kind[i] === STEP && steps[rows.group[i]])) hits.push(i);
  }
  return hits;
}

function showHit(by) {
  if (!state.hits.length) return;
  state.hit = (state.hit + by + state.hits.length) % state.hits.length;
  state.frame = -1;
  choose(state.hits[state.hit]);
  drawFound();
}

function drawFound() {
  const empty = !$('find').value.trim();
  $('found').textContent = empty ? '' : state.hits.length ? `${state.hit + 1} / ${state.hits.length}` : say('searchNone');
}

function search() {
  state.hits = findRows($('find').value);
  const from = state.row;  // on from what is chosen
  state.hit = state.hits.findIndex((row) => row > from);
  if (state.hit < 0 && state.hits.length) state.hit = 0;
  if (state.hits.length) showHit(0);
  drawFound();
}

function listenSearch() {
  const find = $('find');
  find.placeholder = `${say('search')} (/)`;
  find.setAttribute('aria-label', say('search'));
  for (const [id, by, word] of [['find-previous', -1, 'previous'], ['find-next', 1, 'next']]) {
    $(id).addEventListener('click', () => showHit(by));
    $(id).title = say(word);
    $(id).setAttribute('aria-label', say(word));
  }
  let waiting = 0;
  find.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 200);
  });
  $('search').addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    if (state.hits.length && state.hits === state.shownHits) showHit(1);
    else search();
    state.shownHits = state.hits;
  });
}

// SPDX-License-Identifier: BSD-2-Clause
// The side panel: all that is known of the chosen row, or of a function in its stack.

function field(list, name, value, className = '') {
  if (value === '' || value === null || value === undefined) return;
  list.append(make('dt', '', say(name)), make('dd', className, value));
}

function argTable(list, unread = say('unread')) {
  const table = make('table', 'args');
  for (const [name, value] of pairs(list)) {
    const cell = make('td', value === null ? 'bad' : 'code', value === null ? unread : value);
    table.append(make('tr', '', make('th', '', name), cell));
  }
  return table;
}

function knowledge(row, frame) {
  if (frame !== -1) return reference.kernel.get(frame);
  const kind = KINDS[rows.kind[row]];
  return kind in reference ? reference[kind].get(nameOf(row)) : undefined;
}

function stackList(row) {
  const list = make('ol', 'stack');
  for (const name of stackOf(row)) {
    const known = reference.kernel.get(name);
    const open = known ? button(name, () => { state.frame = name; changed('row'); }, 'link code') : make('span', 'code muted', name);
    if (name === state.frame) open.classList.add('chosen');
    list.append(make('li', '', open));
  }
  return list;
}

function aroundList(row) {
  const list = make('ol', 'around');
  const path = [];
  for (let p = rows.parent[row]; p >= 0; p = rows.parent[p]) path.unshift(p);
  for (const p of path)
    list.append(make('li', '', button(`${nameOf(p)}`, () => choose(p, { cursor: false }), `link code ${KINDS[rows.kind[p]]}`)));
  return path.length ? list : null;
}

function explanation(sheet, row) {
  const known = knowledge(row, state.frame);
  if (!known) {
    if (rows.kind[row] <= POINT) sheet.append(make('p', 'muted', say('noText')));
    return;
  }
  sheet.append(make('p', 'says', known.text));
  const list = make('dl');
  field(list, 'source', known.source, 'code');
  if (state.frame !== -1 || rows.kind[row] === KERNEL) field(list, 'alsoKnown', known.page, 'code');
  else field(list, 'page', known.page, 'code');
  if (list.childElementCount) sheet.append(list);
}

function claimNotes(row) {
  const claims = witnessed.get(row);
  if (!claims) return null;
  const list = make('ul', 'plain');
  for (const claim of claims)
    list.append(make('li', '', button(claim.id, () => showClaim(claim.id), 'link'), ` ${claim.text}`));
  return list;
}

function rowFacts(row) {
  const list = make('dl'), kind = rows.kind[row], group = groups[rows.group[row]];
  field(list, 'symbol', STRINGS[rows.symbol[row]], 'code');
  if (rows.args[row] && kind <= POINT) field(list, 'args', argTable(rows.args[row]));
  if (kind <= KERNEL) {
    const ret = resultText(row).slice(2);
    field(list, 'result', rows.ns[row] < 0 ? say('noReturn') : ret, rows.error[row] ? 'code bad' : 'code');
    if (rows.exit[row]) field(list, 'filled', argTable(rows.exit[row]));
    if (rows.ns[row] >= 0) field(list, 'duration', timeText(rows.ns[row]));
  }
  field(list, 'at', timeText(rows.t[row]));
  const thread = threads[rows.thread[row]];
  field(list, 'thread', `${thread.name} ${thread.pid}${thread.tid === thread.pid ? '' : `, ${thread.tid}`}`);
  if (group.id)
    field(list, 'inStep', button(`${group.number} ${group.text}`, () => chooseGroup(group.id), 'link'));
  return list;
}

function drawPanel() {
  const sheet = $('details'), row = state.row;
  sheet.replaceChildren();
  if (row < 0) {
    sheet.append(make('p', 'muted', say('nothing')), make('p', 'muted', say('nothing2')));
    return;
  }
  const kind = KINDS[rows.kind[row]], inStack = state.frame !== -1;
  sheet.append(make('p', `tag ${inStack ? 'kernel' : kind}`, inStack ? `${say('kernel')}, ${say('witnessed')}` : say(kind)));
  sheet.append(make('h3', 'code', inStack ? state.frame : nameOf(row) || callText(row)));
  explanation(sheet, row);
  if (inStack) sheet.append(make('h3', 'code second', nameOf(row)));
  sheet.append(rowFacts(row));
  const extra = [['witnesses', claimNotes(row)], ['around', aroundList(row)],
    ['stack', rows.stack[row] ? stackList(row) : null]];
  for (const [title, content] of extra)
    if (content) sheet.append(make('h4', '', say(title)), content);
}

function listenPanel() {
  on('row', () => {
    drawPanel();
    if (state.row >= 0 && state.tab !== 'events') showTab('details');
  });
  drawPanel();
}

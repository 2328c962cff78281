// SPDX-License-Identifier: BSD-2-Clause
// The documented path against the observed one, and the claims.

function statusClass(status) {
  if (status.startsWith('observed') || status.startsWith('renamed')) return 'good';
  return status === 'not reached' ? 'bad' : 'muted';
}

function chooseFinding(finding) {
  if (finding.row < 0) return;
  const own = nameOf(finding.row) === finding.name || rows.kind[finding.row] !== POINT;
  state.frame = own ? -1 : stackOf(finding.row).find((name) => {
    const known = reference.kernel.get(name);
    return name === finding.name || (known && known.page === finding.name);
  }) || -1;
  choose(finding.row);
  showTab('details');
}

function findingRow(finding) {
  const line = make('tr', finding.row >= 0 ? 'goes' : '');
  const name = make('td', 'code', finding.row >= 0 ? button(finding.name, () => chooseFinding(finding), 'link code') : finding.name);
  const known = reference[finding.layer] && reference[finding.layer].get(finding.name);
  if (known) name.title = known.text;
  const count = finding.count > 1 ? ` × ${finding.count}` : '';
  line.append(make('td', `layer ${finding.layer}`, say(finding.layer)), name,
    make('td', statusClass(finding.status), finding.status + count),
    make('td', 'source muted', finding.source));
  if (finding.row >= 0)
    line.addEventListener('click', (event) => {
      if (event.target.tagName !== 'BUTTON') chooseFinding(finding);
    });
  return line;
}

const groupOfStep = (step) => (groups.find((group) => group.id && group.step === step) || { id: 0 }).id;

function stepTable(step, place) {
  const body = make('tbody');
  const group = groupOfStep(place);
  const title = `${step.program} ${step.number} · ${step.text}`;
  const head = make('th', 'stephead', group ? button(title, () => chooseGroup(group), 'link') : title);
  head.colSpan = 4;
  body.append(make('tr', group && group === state.group ? 'chosen' : '', head));
  for (const finding of step.findings) body.append(findingRow(finding));
  return body;
}

function drawTable() {
  const sheet = $('table');
  sheet.replaceChildren();
  if (!DATA.flow) {
    sheet.append(make('p', 'muted', say('tableNone')));
    return;
  }
  const only = state.group ? groups[state.group].step : -1;
  const table = make('table', 'path');
  table.append(make('thead', '', make('tr', '', make('th'), make('th', '', say('call')),
    make('th', '', say('status')), make('th', 'source', say('source')))));
  DATA.flow.steps.forEach((step, place) => {
    if (only < 0 || place === only) table.append(stepTable(step, place));
  });
  sheet.append(table, make('p', 'muted small', say('tableNote')));
}

const shownClaim = { id: '' };

function showClaim(id) {
  shownClaim.id = id;
  drawClaims();
  showTab('claims');
  const one = document.getElementById(`claim-${id}`);
  if (one) one.scrollIntoView({ block: 'center' });
}

function claimCard(claim) {
  const card = make('article', `claim ${claim.id === shownClaim.id ? 'chosen' : ''}`);
  card.id = `claim-${claim.id}`;
  const verdict = claim.verdict === 'not checked here' ? 'muted' : claim.as_expected ? 'good' : 'bad';
  card.append(make('p', 'head', make('strong', '', claim.id), ' ',
    make('span', `verdict ${verdict}`, say(claim.verdict)),
    make('span', 'muted', ` ${say('expected')}: ${say(claim.expected)}`)));
  card.append(make('p', '', claim.text));
  if (claim.truth) card.append(make('p', 'truth', claim.truth));
  if (claim.said) card.append(make('p', 'muted small', claim.said));
  const list = make('p', 'small');
  for (const row of claim.rows.slice(0, 12))
    list.append(button(nameOf(row), () => { state.frame = -1; choose(row); showTab('details'); }, 'link code'), ' ');
  if (claim.rows.length > 12) list.append(say('more', claim.rows.length - 12));
  if (claim.rows.length) card.append(list);
  return card;
}

function drawClaims() {
  const sheet = $('claims');
  sheet.replaceChildren();
  if (!DATA.flow || !DATA.flow.claims.length) {
    sheet.append(make('p', 'muted', say('tableNone')));
    return;
  }
  for (const claim of DATA.flow.claims) sheet.append(claimCard(claim));
}

const TABS = ['details', 'table', 'claims', 'events'];

function drawTabs() {
  for (const tab of TABS) {
    const chosen = tab === state.tab, handle = $(`tab-${tab}`);
    handle.setAttribute('aria-selected', String(chosen));
    handle.tabIndex = chosen ? 0 : -1;
    $(tab).hidden = !chosen;
  }
}

function listenTable() {
  for (const tab of TABS) {
    const handle = button(say(tab), () => showTab(tab));
    handle.id = `tab-${tab}`;
    handle.setAttribute('role', 'tab');
    handle.setAttribute('aria-controls', tab);
    $(tab).setAttribute('aria-labelledby', handle.id);
    handle.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (!by) return;
      event.stopPropagation();
      showTab(TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length]);
      $(`tab-${state.tab}`).focus();
    });
    $('tabs').append(handle);
  }
  on('tab', drawTabs);
  on('group', drawTable);
  drawTable();
  drawClaims();
  drawTabs();
}

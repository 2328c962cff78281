// SPDX-License-Identifier: BSD-2-Clause
// What is chosen, and who wants to know when that changes. Small helpers for the page.
const state = {
  row: -1,          // chosen; -1: none
  frame: -1,        // of a stack that was clicked: its name, for the panel
  group: 0,         // the step that is chosen; 0: all
  cursor: 0,        // a moment, as an order: what the memory picture shows
  scale: 'order',   // or 'time'
  tab: 'details',
  hits: [], hit: -1,
};

const listeners = { row: [], group: [], cursor: [], view: [], tab: [], theme: [] };
const on = (what, listener) => listeners[what].push(listener);
const changed = (what) => listeners[what].forEach((listener) => listener());

const $ = (id) => document.getElementById(id);

// An element with a class, text (never markup) and children.
function make(tag, className = '', ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const child of children)
    if (child !== null && child !== undefined) element.append(child);
  return element;
}

function button(text, action, className = '') {
  const element = make('button', className, text);
  element.type = 'button';
  element.addEventListener('click', action);
  return element;
}

function choose(row, { show = true, cursor = true } = {}) {
  state.row = row;
  if (row >= 0) {
    if (cursor) setCursor(rows.orderEnd[row]);
    if (show) reveal(row);
    $('said').textContent = `${say(KINDS[rows.kind[row]])} ${callText(row)} ${resultText(row)}`;
  }
  changed('row');
}

function setCursor(order) {
  state.cursor = Math.max(0, Math.min(order, LAST_ORDER.value));
  changed('cursor');
}

// The first and last order and time of a step, or of all.
function rangeOf(group) {
  if (!group) return null;
  const one = groups[group];
  let order = rows.orderEnd[one.last], time = rows.tEnd[one.last];
  for (let i = one.first; i <= one.last; i++)
    if (rows.group[i] === group && rows.kind[i] <= KERNEL && rows.ns[i] >= 0) {
      order = Math.max(order, rows.orderEnd[i]);
      time = Math.max(time, rows.tEnd[i]);
    }
  return { order: [rows.order[one.first], order], time: [rows.t[one.first], time] };
}

// Its end; or before the first process ends in it, for with that its address space is gone.
function momentOf(group, range) {
  for (let i = groups[group].first; i <= groups[group].last; i++)
    if (rows.group[i] === group && nameOf(i) === 'sched_process_exit') return rows.order[i] - 0.5;
  return range.order[1];
}

function chooseGroup(group, { zoom = true } = {}) {
  state.group = group;
  const range = rangeOf(group);
  if (range) {
    setCursor(momentOf(group, range));
    $('lanes').scrollTop = laneOf(groups[group].row).y - AXIS_HEIGHT - 4;
  }
  if (zoom) fitGroup();
  changed('group');
}

function showTab(tab) {
  state.tab = tab;
  changed('tab');
}

const isStep = (row) => !state.group || rows.group[row] === state.group;

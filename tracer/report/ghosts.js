// SPDX-License-Identifier: BSD-2-Clause
// Where no kernel function is probed, the stacks of the points witness them. They are drawn below the
// points as bars without a duration: neighbours that came through the same call share one.

const documented = (name) => reference.kernel.has(name);

// The documented functions of a stack, outermost first; the same array for the same stack.
const pathsOfStacks = new Map();
function pathOf(stack) {
  if (!pathsOfStacks.has(stack))
    pathsOfStacks.set(stack, DATA.stacks[stack].map((name) => STRINGS[name]).filter(documented).reverse());
  return pathsOfStacks.get(stack);
}

// A bar goes on to the next point while both are in the same call or the same page fault.
function addGhosts(content) {
  const open = [];
  let fault = 0, lastParent = -2, lastFault = -1;
  for (const row of content.points) {
    const name = nameOf(row);
    if (name.startsWith('page_fault_')) fault++;
    if (!rows.stack[row]) continue;
    const path = pathOf(rows.stack[row]);
    const parent = rows.parent[row];
    let same = parent === lastParent && fault === lastFault;
    lastParent = parent;
    lastFault = fault;
    for (let depth = 0; depth < path.length; depth++) {
      const bar = open[depth];
      same = same && depth < open.length && bar.name === path[depth];
      if (same) {
        bar.end = rows.orderEnd[row];
      } else {
        const fresh = { name: path[depth], start: rows.order[row], end: rows.orderEnd[row], row };
        open[depth] = fresh;
        (content.ghosts[depth] ||= []).push(fresh);
      }
    }
    open.length = path.length;
  }
}

// The place of the first bar that ends behind `order`.
function firstGhost(list, order) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].end <= order) low = middle + 1;
    else high = middle;
  }
  return low;
}

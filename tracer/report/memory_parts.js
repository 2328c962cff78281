// SPDX-License-Identifier: BSD-2-Clause
// What the memory picture is made of: address spaces with mappings and pages, objects (files, memfds,
// segments), and frames. Addresses are numbers; a page is its address divided by the page size.
const PAGE = 4096;
const pageOf = (address) => Math.floor(Number(address) / PAGE);
const has = (flags, flag) => (flags || '').split('|').includes(flag);

// A file, a memfd, a segment or shared anonymous memory. `inode` is null until the trace tells it.
function newObject(label, inode = null) {
  return { label, inode, size: 0, made: false, frames: new Map() };
}

function newSpace(pid) {
  return { pid, pids: new Set([pid]), maps: [], pages: new Map(), faults: new Map() };
}

// pfn, what it holds, and which pages of which spaces are mapped to it.
function newFrame(pfn, order, row, at) {
  return { pfn, order, row, at, touched: at, kind: 'unknown', object: null, inode: null, index: null,
    lru: null, batch: false, links: new Map() };
}

const linkKey = (space, page) => `${space.pid}:${page}`;

function link(space, page, frame, how, at, row) {
  unlink(space, page);
  const one = { space, page, frame, how, at, row };
  space.pages.set(page, one);
  frame.links.set(linkKey(space, page), one);
  frame.touched = at;
}

function unlink(space, page) {
  const old = space.pages.get(page);
  if (!old) return;
  old.frame.links.delete(linkKey(space, page));
  space.pages.delete(page);
}

// Splits mappings so that none crosses the borders of [start, end).
function carve(space, start, end) {
  for (const border of [start, end]) {
    const map = space.maps.find((one) => one.start < border && border < one.end);
    if (!map) continue;
    const rest = { ...map, start: border, offset: map.offset + border - map.start };
    map.end = border;
    space.maps.push(rest);
  }
}

// Whichever is less work: all pages of the range, or all of the table.
function pagesWithin(table, start, end) {
  if (end - start > table.size) return [...table.keys()].filter((page) => page >= start && page < end);
  const found = [];
  for (let page = start; page < end; page++) if (table.has(page)) found.push(page);
  return found;
}

function unmapRange(space, start, end) {
  carve(space, start, end);
  space.maps = space.maps.filter((map) => map.end <= start || map.start >= end);
  for (const table of [space.pages, space.faults])
    for (const page of pagesWithin(table, start, end)) {
      if (table === space.pages) unlink(space, page);
      else table.delete(page);
    }
}

function mapRange(space, map) {
  unmapRange(space, map.start, map.end);
  space.maps.push(map);
}

const mapAt = (space, page) => space.maps.find((map) => map.start <= page && page < map.end);

// What the pages of a stack were allocated for; worked out once for each stack.
const purposes = new Map();
function purposeOf(stack) {
  if (purposes.has(stack)) return purposes.get(stack);
  const names = DATA.stacks[stack].map((number) => STRINGS[number]);
  const any = (...parts) => names.some((name) => parts.some((part) => name.startsWith(part)));
  let purpose = 'other';
  if (any('pte_alloc', '__pte_alloc', '__pmd_alloc', '__pud_alloc', '__p4d_alloc', 'pgd_alloc', 'pmd_alloc')) purpose = 'table';
  else if (any('shmem_alloc_folio', 'shmem_alloc_page', 'shmem_alloc_and_a')) purpose = 'shmem';
  else if (any('wp_page_copy', 'do_wp_page', 'do_cow_fault')) purpose = 'copy';
  else if (any('__filemap_get_folio', 'filemap_alloc_folio', 'page_cache_', 'pagecache_get_page', 'do_read_cache')) purpose = 'cache';
  else if (any('vma_alloc_folio', 'alloc_anon_folio', 'do_anonymous_page', 'folio_prealloc', 'alloc_zeroed_user', 'alloc_pages_vma'))
    purpose = any('do_fault') ? 'copy' : 'anon';
  const remote = any('__get_user_pages', 'copy_page_range', 'dup_mmap');
  const inFault = any('handle_mm_fault') && !remote;
  purposes.set(stack, { purpose, inFault });
  return purposes.get(stack);
}

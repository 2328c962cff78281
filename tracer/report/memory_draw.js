// SPDX-License-Identifier: BSD-2-Clause
// Draws the memory picture: address spaces on the left, frames in the middle, lists on the right.
const SVG = 'http://www.w3.org/2000/svg';
const STEP_Y = 25, CHIP = 21;

function shape(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const ruler = document.createElement('canvas').getContext('2d');

function words(x, y, text, className, width = 10000) {
  ruler.font = className === 'strong' ? '600 12.5px system-ui, sans-serif' : '11.5px ui-monospace, "DejaVu Sans Mono", monospace';
  if (className === 'small') ruler.font = '11.5px system-ui, sans-serif';
  const shown = fitText(ruler, text, width) || '…';
  const element = shape('text', { x, y, class: className }, shown);
  if (shown !== text) element.append(shape('title', {}, text));
  return element;
}

// A box that can be clicked and reached by the keyboard.
function chip(x, y, width, text, className, label, action) {
  const group = shape('g', { class: `chip ${className}`, tabindex: 0, role: 'button', 'aria-label': label });
  group.append(shape('rect', { x, y, width, height: CHIP, rx: 4 }), words(x + 7, y + 15, text, '', width - 8),
    shape('title', {}, label));
  group.addEventListener('click', action);
  group.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); action(); }
  });
  return group;
}

const hex = (page) => `0x${(page * PAGE).toString(16)}`;

function rights(map) {
  const prot = map.prot;
  const letters = (has(prot, 'PROT_READ') ? 'r' : '-') + (has(prot, 'PROT_WRITE') ? 'w' : '-') + (has(prot, 'PROT_EXEC') ? 'x' : '-');
  return `${letters} ${say(map.shared ? 'shared' : 'private')}`;
}

function mapTitle(map) {
  if (!map) return say('loose');
  const inode = map.object && map.object.inode !== null && !map.label.startsWith('inode') ? ` · ${say('inode')} ${map.object.inode}` : '';
  return `${map.label}${map.fd === null ? '' : ` · fd ${map.fd}`}${inode}`;
}

const spaceName = (space) => {
  const thread = threads.find((one) => one.pid === space.pid);
  return `${thread ? thread.name : ''} ${[...space.pids].join(', ')}`;
};

function drawPage(scene, at, entry, map, space) {
  const { page, link: one, fault } = entry;
  const index = map && (map.object || map.shared) ? ` · ${say('index', page - map.start + map.offset)}` : '';
  const note = one ? (one.how === 'fork' ? ` · ${say('inherited')}` : '') : ` · ${say('noFrame')}`;
  const text = `${hex(page)}${index}${note}`;
  const fresh = (one && one.at >= scene.fresh) || (fault && fault.at >= scene.fresh);
  const row = one ? one.row : fault.row;
  const node = chip(at.x + 14, at.y, scene.left.width - 28, text, `page${fresh ? ' fresh' : ''}${one ? '' : ' unknown'}`,
    `${spaceName(space)} ${text}`, () => choose(row, { cursor: false }));
  node.dataset.space = space.pid;
  scene.svg.append(node);
  if (one) scene.ends.push({ link: one, x: at.x + scene.left.width - 14, y: at.y + CHIP / 2, node });
}

function drawMap(scene, at, { map, pages }, space) {
  const shown = pages.slice(0, MOST_PAGES), left = pages.length - shown.length;
  const height = 40 + shown.length * STEP_Y + (left ? 18 : 0);
  const fresh = map && map.at >= scene.fresh ? ' fresh' : '';
  scene.svg.append(shape('rect', { x: at.x + 6, y: at.y, width: scene.left.width - 12, height: height - 4, rx: 6, class: `map${fresh}` }));
  scene.svg.append(words(at.x + 14, at.y + 15, mapTitle(map), 'strong', scene.left.width - 30));
  if (map) {
    const size = map.sizeUnknown ? '' : ` · ${(map.end - map.start) * PAGE / 1024} KiB`;
    scene.svg.append(words(at.x + 14, at.y + 30, `${hex(map.start)}${size} · ${rights(map)}`, 'small', scene.left.width - 30));
  }
  at.y += 38;
  for (const entry of shown) { drawPage(scene, at, entry, map, space); at.y += STEP_Y; }
  if (left) { scene.svg.append(words(at.x + 18, at.y + 12, say('more', left), 'small')); at.y += 18; }
  at.y += 4;
}

function drawSpaces(scene, spaces) {
  const at = { x: scene.left.x, y: 34 };
  for (const { space, maps } of spaces) {
    const top = at.y, back = shape('rect', { x: at.x, y: top, width: scene.left.width, rx: 8, class: 'space' });
    scene.svg.append(back, words(at.x + 10, top + 17, spaceName(space), 'strong process'));
    at.y += 26;
    for (const one of maps.slice(0, MOST_MAPS)) drawMap(scene, at, one, space);
    if (maps.length > MOST_MAPS) { scene.svg.append(words(at.x + 14, at.y + 10, say('more', maps.length - MOST_MAPS), 'small')); at.y += 16; }
    back.setAttribute('height', at.y - top + 4);
    at.y += 14;
  }
  return at.y;
}

// Frames of one object together, near the pages that are mapped to them.
function frameBoxes(scene, frames) {
  const boxes = new Map();
  for (const frame of frames) {
    const [first] = frame.links.values();  // whose page it was first
    const key = frame.object || (frame.kind === 'anon' ? `anon ${first ? first.space.pid : ''}`
      : frame.inode === null ? 'file' : `inode ${frame.inode}`);
    if (!boxes.has(key)) boxes.set(key, { key, frames: [], height: 0 });
    boxes.get(key).frames.push(frame);
  }
  const yOf = (frame) => {
    const ends = scene.ends.filter((end) => end.link.frame === frame);
    return ends.length ? ends.reduce((sum, end) => sum + end.y, 0) / ends.length : 1e6;
  };
  const all = [...boxes.values()];
  for (const box of all) {
    box.frames.sort((a, b) => (String(box.key).startsWith('anon') ? yOf(a) - yOf(b) : (a.index ?? 0) - (b.index ?? 0)));
    const places = box.frames.map(yOf).filter((y) => y < 1e6);
    box.y = places.length ? places.reduce((sum, y) => sum + y, 0) / places.length : 1e6;
    box.height = 26 + box.frames.length * STEP_Y;
  }
  return all.sort((a, b) => a.y - b.y);
}

function boxTitle({ key, frames }) {
  if (typeof key === 'string' && key.startsWith('anon')) return say('anon');
  if (key === 'file') return say('unknownFile');
  if (typeof key === 'string') return key;
  const inode = key.inode ?? frames[0].inode;
  return inode === null || key.label.startsWith('inode') ? key.label : `${key.label} · ${say('inode')} ${inode}`;
}

function frameText(frame) {
  const index = frame.kind === 'file' && frame.index !== null ? ` · ${say('index', frame.index)}` : '';
  const size = frame.order ? ` × ${2 ** frame.order}` : '';
  return `pfn ${frame.pfn}${size}${index}`;
}

function drawFrames(scene, frames) {
  const middle = scene.middle;
  let y = 34;
  for (const box of frameBoxes(scene, frames)) {
    if (box.y < 1e6) y = Math.max(y, box.y - box.height / 2 - 6);
    scene.svg.append(shape('rect', { x: middle.x, y, width: middle.width, height: box.height, rx: 8, class: 'object' }),
      words(middle.x + 10, y + 17, boxTitle(box), 'strong', middle.width - 16));
    let line = y + 24;
    for (const frame of box.frames) {
      const gone = frame.links.size ? '' : ` · ${say('gone')}`;
      const list = frame.lru || say(frame.batch ? 'batch' : 'noList');
      const node = chip(middle.x + 8, line, middle.width - 16, frameText(frame) + gone,
        `frame ${frame.kind}${frame.touched >= scene.fresh ? ' fresh' : ''}${gone ? ' gone' : ''}`,
        `${say('frame')} ${frameText(frame)}, ${list}`, () => choose(frame.row, { cursor: false }));
      node.dataset.pfn = frame.pfn;
      scene.svg.append(node);
      scene.places.set(frame, { x: middle.x + 8, right: middle.x + middle.width - 8, y: line + CHIP / 2, node });
      line += STEP_Y;
    }
    y += box.height + 12;
  }
  return y;
}

function curve(x1, y1, x2, y2, className) {
  const bend = (x2 - x1) / 2;
  return shape('path', { d: `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`, class: `line ${className}` });
}

// Frames that wait for their list come first, then the lists as they are met.
function drawLists(scene, frames) {
  const lists = new Map();
  for (const frame of frames) {
    const key = frame.lru || (frame.batch || frame.kind !== 'unknown' ? 'batch' : 'noList');
    if (!lists.has(key)) lists.set(key, []);
    lists.get(key).push(frame);
  }
  const right = scene.right;
  const mean = (list) => list.reduce((sum, frame) => sum + scene.places.get(frame).y, 0) / list.length;
  let y = 34;
  for (const [key, list] of [...lists].sort((a, b) => mean(a[1]) - mean(b[1]))) {
    y = Math.max(y, mean(list) - 22);
    const waits = key === 'batch' || key === 'noList';
    scene.svg.append(shape('rect', { x: right.x, y, width: right.width, height: 44, rx: 8, class: `list${waits ? ' waits' : ''}` }),
      words(right.x + 10, y + 18, waits ? say(key) : key, 'strong', right.width - 16),
      words(right.x + 10, y + 35, key === 'batch' ? `${say('notYet')}: ${list.length}` : `${list.length}`, 'small', right.width - 16));
    for (const frame of list) {
      const from = scene.places.get(frame);
      const node = curve(from.right, from.y, right.x, y + 22, waits ? 'waiting' : 'listed');
      node.dataset.pfn = frame.pfn;
      scene.svg.append(node);
    }
    y += 58;
  }
  return y;
}

function drawLinks(scene) {
  for (const end of scene.ends) {
    const to = scene.places.get(end.link.frame);
    if (!to) continue;
    const fresh = end.link.at >= scene.fresh ? ' fresh' : '';
    const how = end.link.how === 'known' || end.link.how === 'copy' ? 'known' : 'deduced';
    const node = curve(end.x, end.y, to.x, to.y, how + fresh);
    node.dataset.pfn = end.link.frame.pfn;
    end.node.dataset.pfn = end.link.frame.pfn;
    scene.svg.append(node);
  }
}

function drawPicture(box, { frames, left, spaces, fresh }) {
  const width = Math.max(box.clientWidth - 2, 560), gap = width * 0.09;
  const leftWidth = Math.min(400, width * 0.36), rightWidth = Math.min(210, width * 0.19);
  const scene = { svg: shape('svg', { width, role: 'group', 'aria-label': say('memory') }), ends: [], places: new Map(), fresh,
    left: { x: 8, width: leftWidth }, right: { x: width - rightWidth - 8, width: rightWidth } };
  scene.middle = { x: leftWidth + gap, width: width - leftWidth - rightWidth - 2 * gap - 8 };
  box.replaceChildren();
  for (const [place, word] of [[scene.left, 'spaces'], [scene.middle, 'frames'], [scene.right, 'lists']])
    scene.svg.append(words(place.x + 4, 20, say(word), 'heading'));
  let height = Math.max(drawSpaces(scene, spaces), drawFrames(scene, frames));
  height = Math.max(height, drawLists(scene, frames));
  drawLinks(scene);
  scene.svg.setAttribute('height', height + 4);
  box.append(scene.svg);
  if (!spaces.length && !frames.length) box.append(make('p', 'muted', say('memoryNone')));
  if (left) box.append(make('p', 'muted', say('more', left)));
  if (DATA.header.view === 'syscalls') box.append(make('p', 'muted', say('memorySyscalls')));
  else box.append(make('p', 'muted small', say('memoryNote', memory.others)));
  const light = (event, wanted) => {
    const pfn = event.target.closest('[data-pfn]')?.dataset.pfn;
    for (const one of scene.svg.querySelectorAll('[data-pfn]')) one.classList.toggle('lit', wanted && one.dataset.pfn === pfn);
    scene.svg.classList.toggle('lights', Boolean(wanted && pfn));
  };
  for (const [name, wanted] of [['mouseover', true], ['mouseout', false], ['focusin', true], ['focusout', false]])
    scene.svg.addEventListener(name, (event) => light(event, wanted));
}

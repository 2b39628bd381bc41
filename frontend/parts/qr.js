// A QR code as SVG: bytes, error correction M, versions 1 to 10 (up to 213 bytes), after ISO/IEC 18004.

import { svg } from "../lib/dom.js";

/** By version from 1: all codewords, error codewords of a block, blocks. */
const SIZES = [[26, 10, 1], [44, 16, 1], [70, 26, 1], [100, 18, 2], [134, 24, 2], [172, 16, 4], [196, 18, 4], [242, 22, 4], [292, 22, 5], [346, 26, 5]];
const ALIGNED = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const FIELD = 0x11d;
const LEVEL_M = 0;
const MASKS = [
  (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** The code of `text` as an SVG element with a quiet zone, or null when the text is too long. */
export function qr(text) {
  const rows = matrix(text);
  if (!rows) return null;
  const dark = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  const side = rows.length + 8;
  return svg("svg", { viewBox: `0 0 ${side} ${side}`, class: "qr", "aria-hidden": "true", "shape-rendering": "crispEdges" }, svg("rect", { width: side, height: side, fill: "#fff" }), svg("path", { d: dark, fill: "#000" }));
}

/** The modules of the code: rows of booleans, or null. */
export function matrix(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const version = SIZES.findIndex(([all, error, blocks], at) => bytes.length + (at < 9 ? 2 : 3) <= all - error * blocks) + 1;
  if (version === 0) return null;
  const words = interleaved(padded(bytes, version), version);
  const candidates = MASKS.map((_, mask) => drawn(words, version, mask));
  return candidates.reduce((best, each) => (penalty(each) < penalty(best) ? each : best));
}

function padded(bytes, version) {
  const [all, error, blocks] = SIZES[version - 1];
  const room = (all - error * blocks) * 8;
  const bits = [];
  const push = (value, length) => {
    for (let at = length - 1; at >= 0; at--) bits.push((value >> at) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, room - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let filler = 0xec; bits.length < room; filler ^= 0xec ^ 0x11) push(filler, 8);
  return Array.from({ length: bits.length / 8 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2));
}

/** Data and error words of all blocks, taken in turns; the first blocks are one word shorter. */
function interleaved(data, version) {
  const [all, error, count] = SIZES[version - 1];
  const short = Math.floor(all / count) - error;
  const longFrom = count - (all % count);
  const divisor = generator(error);
  let at = 0;
  const blocks = Array.from({ length: count }, (_, block) => {
    const words = data.slice(at, (at += short + (block < longFrom ? 0 : 1)));
    return { words, check: remainder(words, divisor) };
  });
  const turns = (name, length) => Array.from({ length }, (_, turn) => blocks.map((block) => block[name][turn])).flat().filter((word) => word !== undefined);
  return [...turns("words", short + 1), ...turns("check", error)];
}

function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * FIELD);
    product ^= ((other >> bit) & 1) * one;
  }
  return product;
}

function generator(degree) {
  const result = [...Array(degree - 1).fill(0), 1];
  for (let step = 0, root = 1; step < degree; step++, root = times(root, 2)) {
    for (let at = 0; at < degree; at++) result[at] = times(result[at], root) ^ (result[at + 1] ?? 0);
  }
  return result;
}

function remainder(words, divisor) {
  const result = divisor.map(() => 0);
  for (const word of words) {
    const factor = word ^ result.shift();
    result.push(0);
    divisor.forEach((each, at) => (result[at] ^= times(each, factor)));
  }
  return result;
}

function drawn(words, version, mask) {
  const side = version * 4 + 17;
  const rows = Array.from({ length: side }, () => Array(side).fill(false));
  const fixed = Array.from({ length: side }, () => Array(side).fill(false));
  const put = (x, y, on) => {
    if (x < 0 || y < 0 || x >= side || y >= side) return;
    rows[y][x] = Boolean(on);
    fixed[y][x] = true;
  };
  patterns(put, version, side);
  formats(put, version, side, mask);
  const bits = words.flatMap((word) => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => (word >> at) & 1));
  let next = 0;
  for (let right = side - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < side; step++) {
      const y = ((right + 1) & 2) === 0 ? side - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (!fixed[y][x]) rows[y][x] = Boolean((bits[next++] ?? 0) ^ (MASKS[mask](x, y) === 0 ? 1 : 0));
      }
    }
  }
  return rows;
}

function patterns(put, version, side) {
  for (let at = 0; at < side; at++) {
    put(6, at, at % 2 === 0);
    put(at, 6, at % 2 === 0);
  }
  for (const [cx, cy] of [[3, 3], [side - 4, 3], [3, side - 4]]) {
    for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) put(cx + dx, cy + dy, ![2, 4].includes(Math.max(Math.abs(dx), Math.abs(dy))));
  }
  const places = ALIGNED[version - 1];
  const last = places.at(-1);
  for (const cx of places) {
    for (const cy of places) {
      if ((cx === 6 && cy === 6) || (cx === 6 && cy === last) || (cx === last && cy === 6)) continue;
      for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) put(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }
}

function formats(put, version, side, mask) {
  const data = (LEVEL_M << 3) | mask;
  const format = ((data << 10) | checked(data, 10, 0x537)) ^ 0x5412;
  const bit = (at) => (format >> at) & 1;
  for (let at = 0; at <= 5; at++) put(8, at, bit(at));
  put(8, 7, bit(6));
  put(8, 8, bit(7));
  put(7, 8, bit(8));
  for (let at = 9; at < 15; at++) put(14 - at, 8, bit(at));
  for (let at = 0; at < 8; at++) put(side - 1 - at, 8, bit(at));
  for (let at = 8; at < 15; at++) put(8, side - 15 + at, bit(at));
  put(8, side - 8, true);
  if (version < 7) return;
  const number = (version << 12) | checked(version, 12, 0x1f25);
  for (let at = 0; at < 18; at++) {
    const [long, short] = [side - 11 + (at % 3), Math.floor(at / 3)];
    put(long, short, (number >> at) & 1);
    put(short, long, (number >> at) & 1);
  }
}

function checked(data, degree, divisor) {
  let rest = data;
  for (let at = 0; at < degree; at++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * divisor);
  return rest;
}

/** How hard a code is to read: runs, blocks, patterns like a corner's, and more of one colour than of the other. */
function penalty(rows) {
  const side = rows.length;
  const columns = rows.map((_, x) => rows.map((row) => row[x]));
  let sum = 0;
  for (const line of [...rows, ...columns]) {
    const text = line.map(Number).join("");
    for (const [run] of text.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
    sum += 40 * [...text.matchAll(/(?=00001011101|10111010000)/g)].length;
  }
  for (let y = 1; y < side; y++) {
    for (let x = 1; x < side; x++) if (rows[y][x] === rows[y - 1][x] && rows[y][x] === rows[y][x - 1] && rows[y][x] === rows[y - 1][x - 1]) sum += 3;
  }
  const dark = rows.flat().filter(Boolean).length;
  return sum + 10 * Math.floor(Math.abs(dark * 20 - side * side * 10) / (side * side));
}

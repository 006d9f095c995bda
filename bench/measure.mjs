// What the benches measure with: CPU, heap, blocks of the event loop, and the middle of many rounds.
import fs from 'node:fs';

/** How `mainThreadMicroseconds` knows; goes on the page. */
export const CPU_SOURCE =
  process.threadCpuUsage !== undefined
    ? 'process.threadCpuUsage'
    : fs.existsSync('/proc/self/schedstat')
      ? '/proc/self/schedstat'
      : 'process.cpuUsage (all threads)';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** CPU that the main thread has used so far: helper threads that compile or collect garbage are not in it. */
export function mainThreadMicroseconds() {
  if (process.threadCpuUsage !== undefined) {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  }
  try {
    // Linux brings this figure up to date when the thread gives up the processor, and every few milliseconds.
    Atomics.wait(sleeper, 0, 0, 0.01);
    return Number(fs.readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0]) / 1000;
  } catch {
    return processMicroseconds();
  }
}

/** CPU that all threads of the process have used so far. */
export function processMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Median and quartiles by nearest rank. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))];
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

export function median(values) {
  return quartiles(values).median;
}

/** Bytes that are reachable: JavaScript heap and what typed arrays hold outside it. Needs `--expose-gc`. */
export async function heldBytes() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Lets the event loop turn once. */
export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Awaits `work` beside a loop of `setImmediate`; the longest gap between two of its turns is the longest time for which
 * nobody else would have been served.
 */
export async function watchLoop(work) {
  let longest = 0;
  let running = true;
  const began = performance.now();
  let previous = began;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - previous);
    previous = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  const result = await work();
  const total = performance.now() - began;
  await turn();
  running = false;
  return { result, total, longest };
}

/** Longest gap of a loop that has nothing to do for so long: what the machine itself adds. */
export async function idleBlock(milliseconds) {
  const { longest } = await watchLoop(async () => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) await turn();
  });
  return longest;
}

/** Runs of what is watched, after one that warms up. */
export const RUNS = 5;

/** Watches `work` several times. */
export async function watched(work, runs = RUNS) {
  const found = [];
  for (let i = 0; i <= runs; i++) found.push(await watchLoop(work));
  return summarize(found.slice(1));
}

/** Medians of what `watchLoop` gave; `worst` is the longest block of all. */
export function summarize(runs) {
  return {
    total: median(runs.map(({ total }) => total)),
    longest: median(runs.map(({ longest }) => longest)),
    worst: Math.max(...runs.map(({ longest }) => longest)),
  };
}

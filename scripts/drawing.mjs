// What the scripts that draw docs/images/*.svg share: the source as a module, noise from a seed, the frame of a picture.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Of every picture, in its own units. */
export const WIDTH = 860;

const root = fileURLToPath(new URL('..', import.meta.url));

/** A module of src, such as `detect/anomaly-detector.ts`, so that pictures show what is in src. */
export async function source(name) {
  const outfile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'pictures-')), 'bundle.mjs');
  const entryPoints = [path.join(root, 'src', name)];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
  return import(pathToFileURL(outfile).href);
}

/** Writes docs/images/NAME.svg, with `drawn` between its title and its legend. */
export function write({ name, title, legend, height }, drawn) {
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="4" y="16" fill="#333">${title}</text>`,
    ...drawn,
    `<text x="4" y="${height - 7}" fill="#666">${legend}</text>`,
    '</svg>',
    '',
  ];
  fs.mkdirSync(path.join(root, 'docs/images'), { recursive: true });
  fs.writeFileSync(path.join(root, `docs/images/${name}.svg`), svg.join('\n'));
}

/** A function from values to heights: the lowest of `values` at `bottom`, the highest at `top`. */
export function vertical(values, bottom, top) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (v) => (bottom - ((bottom - top) * (v - low)) / (high - low)).toFixed(1);
}

/** Standard normal numbers from a seed (xorshift32, Box & Muller). */
export function normal(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state - 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

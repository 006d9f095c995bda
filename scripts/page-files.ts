/**
 * Bundles the live page (src/dashboard/client) into the module `streamgate:page-files`, so that it is part of the package
 * wherever that goes: ES modules, CommonJS, other people's bundles. A plugin for whatever builds or runs the source.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const MODULE = 'streamgate:page-files';
const CLIENT = fileURLToPath(new URL('../src/dashboard/client/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
};

/** One file as it is served; its like is declared in src/dashboard/page-files.d.ts. */
interface PageFile {
  readonly name: string;
  readonly type: string;
  readonly hash: string;
  readonly body: string;
}

/** The files of the page: those with a hash in their names, then the page that names them. */
async function pageFiles(): Promise<PageFile[]> {
  const { outputFiles } = await build({
    entryPoints: { app: `${CLIENT}main.tsx` },
    outdir: '/',
    bundle: true,
    minify: true,
    format: 'esm',
    // Browsers of the last three years.
    target: ['chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'inline',
    write: false,
    logLevel: 'error',
  });
  const bodies: readonly (readonly [name: string, extension: string, body: string])[] = [
    ...outputFiles.map(({ path, text }) => ['app', extname(path), text] as const),
    ['icon', '.svg', readFileSync(`${CLIENT}icon.svg`, 'utf8')],
  ];
  const files = bodies.map(([name, extension, body]) => file(`${name}.${hashOf(body)}${extension}`, body));
  const nameOf = (extension: string): string => files.find(({ name }) => name.endsWith(extension))?.name ?? '';
  const page = readFileSync(`${CLIENT}index.html`, 'utf8').replaceAll(/app\.js|app\.css|icon\.svg/g, (name) =>
    nameOf(extname(name)),
  );
  return [...files, file('index.html', page)];
}

/** For esbuild and tsup. */
export function pageFilesPlugin(): Plugin {
  return {
    name: MODULE,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${MODULE}$`) }, ({ path }) => ({ path, namespace: MODULE }));
      build.onLoad({ filter: /.*/, namespace: MODULE }, async () => ({ contents: await moduleText() }));
    },
  };
}

/** What Vite asks of a plugin that provides a module. */
export interface ModulePlugin {
  readonly name: string;
  resolveId(id: string): string | undefined;
  load(id: string): Promise<string> | undefined;
}

/** For Vite and vitest. */
export function pageFilesVitePlugin(): ModulePlugin {
  return {
    name: MODULE,
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    load: (id) => (id === `\0${MODULE}` ? moduleText() : undefined),
  };
}

async function moduleText(): Promise<string> {
  return `export const PAGE_FILES = ${JSON.stringify(await pageFiles(), undefined, 2)};`;
}

function file(name: string, body: string): PageFile {
  return { name, type: TYPES[extname(name)] ?? '', hash: hashOf(body), body };
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 12);
}

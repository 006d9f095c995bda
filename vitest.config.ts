import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';
import { pageFilesVitePlugin } from './scripts/page-files.ts';
import { workerFileVitePlugin } from './scripts/worker-file.ts';

/** Tests of the source, which stands in where a test imports the package by its name. */
const source = (name: string, testTimeout = 5_000): TestProjectInlineConfiguration => ({
  plugins: [pageFilesVitePlugin(), workerFileVitePlugin()],
  resolve: {
    alias: {
      '@streamgate/analytics/dashboard': fileURLToPath(new URL('src/dashboard/index.ts', import.meta.url)),
      '@streamgate/analytics/export': fileURLToPath(new URL('src/export/index.ts', import.meta.url)),
      '@streamgate/analytics/fleet': fileURLToPath(new URL('src/fleet/index.ts', import.meta.url)),
      '@streamgate/analytics/http': fileURLToPath(new URL('src/http/index.ts', import.meta.url)),
      '@streamgate/analytics/testing': fileURLToPath(new URL('src/testing/index.ts', import.meta.url)),
      '@streamgate/analytics/sqlite': fileURLToPath(new URL('src/sqlite/index.ts', import.meta.url)),
      '@streamgate/analytics': fileURLToPath(new URL('src/index.ts', import.meta.url)),
    },
  },
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    setupFiles: name === 'property' ? ['test/property/seed.ts'] : [],
  },
});

/** Tests of the page in a browser, which `setup.ts` finds or installs. */
const browser: TestProjectInlineConfiguration = {
  ...source('browser', 90_000),
  test: { ...source('browser', 90_000).test, globalSetup: 'test/browser/setup.ts', hookTimeout: 60_000 },
};

const types: TestProjectInlineConfiguration = {
  test: {
    name: 'types',
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      include: ['test/types/**/*.test-d.ts'],
      tsconfig: 'test/types/tsconfig.json',
    },
  },
};

/** Tests of the packed tarball: `setup.mjs` builds, packs and installs it first. */
const packed: TestProjectInlineConfiguration = {
  test: {
    name: 'package',
    include: ['test/package/**/*.test.ts'],
    globalSetup: 'test/package/setup.mjs',
    testTimeout: 60_000,
  },
};

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      source('unit'),
      source('property', 60_000),
      source('golden'),
      source('scenario', 60_000),
      source('docs', 60_000),
      source('examples', 60_000),
      browser,
      types,
      packed,
    ],
  },
});

export default config;

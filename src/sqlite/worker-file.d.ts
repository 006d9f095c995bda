/** The program of the worker, bundled at build time by scripts/worker-file.ts. */
declare module 'streamgate:sqlite-worker' {
  export const WORKER: string;
}

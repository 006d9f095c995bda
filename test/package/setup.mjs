import { installPacked } from '../../scripts/tarball.mjs';

/** Packs and installs once for all tests of the project `package`. */
export function setup(project) {
  const { tarball, consumer, remove } = installPacked();
  project.provide('tarball', tarball);
  project.provide('consumer', consumer);
  return remove;
}

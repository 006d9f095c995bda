import process from 'node:process';
import fc from 'fast-check';

/**
 * Laws are checked on the same inputs in every run, so that a failure is a change and not chance. For other inputs:
 * `FAST_CHECK_SEED=$RANDOM npx vitest run --project=property`.
 */
const { FAST_CHECK_SEED: seed = '20260301' } = process.env;
fc.configureGlobal({ seed: Number(seed) });

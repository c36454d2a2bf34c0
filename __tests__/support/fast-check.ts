// fast-check with another seed in every run, or with that of TEST_SEED: CI judges a change, not its luck. A failure prints its seed.
import { configureGlobal } from 'fast-check';

const seed = process.env.TEST_SEED ?? '';
if (seed !== '') configureGlobal({ seed: Number(seed) });

export * from 'fast-check';

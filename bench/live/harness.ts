// The trials are CommonJS, which the tests share.
import { createRequire } from 'node:module';
import type * as Kinds from '../../__tests__/live/kinds.ts';
import type * as Results from '../../__tests__/live/results.ts';
import type * as Tables from '../../__tests__/live/tables.ts';
import type * as Trials from '../../__tests__/live/trial.ts';
import type * as Section from '../../docs/live-section.ts';

const require = createRequire(import.meta.url);

export const { LIVE_KINDS } = require('../../__tests__/live/kinds.ts') as typeof Kinds;
export const { beyondBars, faultsOf, LONGEST_MS, wayResult } =
  require('../../__tests__/live/results.ts') as typeof Results;
export const { createTables } = require('../../__tests__/live/tables.ts') as typeof Tables;
export const { runTrial } = require('../../__tests__/live/trial.ts') as typeof Trials;
export const { writeSection } = require('../../docs/live-section.ts') as typeof Section;

import type { Fault } from '../fault';
import { garbledCommit, lateCommit, swallowedCommit } from './answers';
import { cleanRestart } from './clean-restart';
import { cutAfterBatch, cutAfterCommit, cutBeforeBegin, cutBeforeCommit, cutInsideBatch, cutWithCommit } from './cuts';
import { deadlock } from './deadlock';
import { idleTimeout, statementTimeout } from './server-timeouts';
import { lockHeld } from './lock-held';
import { lockTableFull } from './lock-table-full';
import { poolFull } from './pool-full';
import { cutDuringReconnect } from './reconnect';
import { serverCrash } from './server-crash';
import { terminated } from './terminated';
import { tlsDamaged } from './tls-damaged';
import { workerFaults } from './workers';

const registry = {
  'cut before BEGIN': cutBeforeBegin,
  'cut inside the batch': cutInsideBatch,
  "cut after the batch's answer": cutAfterBatch,
  'cut before COMMIT arrives': cutBeforeCommit,
  'cut with COMMIT on its way': cutWithCommit,
  'cut after COMMIT arrived': cutAfterCommit,
  "COMMIT's answer late": lateCommit,
  "COMMIT's answer garbled": garbledCommit,
  'COMMIT swallowed': swallowedCommit,
  'cut during reconnect': cutDuringReconnect,
  'backend terminated': terminated,
  'server stopped and started': serverCrash,
  'server restarted in order': cleanRestart,
  'ACCESS SHARE held': lockHeld('access share'),
  'ACCESS EXCLUSIVE held': lockHeld('access exclusive'),
  deadlock,
  'pool full': poolFull,
  statement_timeout: statementTimeout,
  idle_in_transaction_session_timeout: idleTimeout,
  'lock table full': lockTableFull,
  'TLS damaged': tlsDamaged,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof registry | keyof typeof workerFaults;

/** Every fault, by the name under which it is reported. */
export const faults: Readonly<Record<FaultName, Fault>> = { ...registry, ...workerFaults };
export const faultNames = Object.keys(registry) as FaultName[];

/** Those of a cluster of Citus: its lines are not encrypted. */
export const citusFaultNames: readonly FaultName[] = [
  ...faultNames.filter((name) => name !== 'TLS damaged'),
  ...(Object.keys(workerFaults) as FaultName[]),
];

import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ChangeOptions, HazardKind, HazardPolicies } from '..';
import { loggerOn } from './logger';
import type { World } from './world';

export interface ChangeFlags {
  readonly hazards?: 'refuse' | 'warn' | 'allow';
  readonly allowHazard?: readonly string[];
  readonly lockTimeout?: number;
  readonly statementTimeout?: number;
  readonly attempts?: number;
  readonly sharedSchema?: readonly string[];
  readonly verbose?: boolean;
  readonly yes?: boolean;
}

export function addChangeOptions(command: Command): Command {
  return command
    .addOption(new Option('--hazards <policy>', 'what to do about hazards').choices(['refuse', 'warn', 'allow']))
    .option('--allow-hazard <kind>', 'a hazard that may happen, such as dataLoss; may be repeated', collected)
    .option('--lock-timeout <ms>', 'how long to wait for each lock; default 900', wholeNumber)
    .option('--statement-timeout <ms>', 'how long each statement may take; default 30000', wholeNumber)
    .option('--attempts <count>', 'attempts for each tenant; default 3', wholeNumber)
    .option('--shared-schema <schema>', 'a schema that may be referred to; default public; may be repeated', collected)
    .option('--yes', 'delete without asking')
    .option('--verbose', 'write every record of the log to standard error');
}

export function changeOptionsOf(flags: ChangeFlags, world: World): ChangeOptions {
  return {
    logger: loggerOn(world.stderr, flags.verbose === true),
    hazards: policiesOf(flags),
    lockTimeoutMs: flags.lockTimeout,
    statementTimeoutMs: flags.statementTimeout,
    retry: { maxAttempts: flags.attempts, signal: world.signal },
    sharedSchemas: flags.sharedSchema,
  };
}

function policiesOf({ hazards, allowHazard }: ChangeFlags): HazardPolicies | undefined {
  if (allowHazard === undefined) return hazards;
  const allowed = Object.fromEntries(allowHazard.map((kind) => [kind, 'allow' as const]));
  if (hazards === undefined || hazards === 'allow') return hazards ?? allowed;
  return { ...Object.fromEntries(Object.keys(HAZARDS).map((kind) => [kind, hazards])), ...allowed };
}

/** Those that one policy for all is spread over, so that some can differ from it. The compiler misses none. */
const HAZARDS: Readonly<Record<Exclude<HazardKind, 'dataLoss'>, true>> = {
  rewrite: true,
  scan: true,
  notNullWithoutDefault: true,
  uniqueBuild: true,
  indexBuild: true,
  rename: true,
  sharedLock: true,
  noKey: true,
  indexSize: true,
};

export function collected(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

export function wholeNumber(value: string): number {
  if (/^\d{1,12}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number.');
}

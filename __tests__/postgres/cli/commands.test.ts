// The program as a whole: that every command has a case for every exit code that it has, and what all of them share.
import { PassThrough, Readable } from 'node:stream';
import type { Command } from 'commander';
import { EXIT } from '../../../lib/cli/exit-codes';
import { programFor } from '../../../lib/cli/program';
import { cli } from '../../support/cli';
import { file, folder, itEndsAsSaid, type Case } from '../../support/cli-cases';
import { APPLY_CASES } from './cases/apply';
import { INSPECT_CASES } from './cases/inspect';
import { ONLINE_CASES } from './cases/online';
import { ROLLOUT_CASES } from './cases/rollout';

jest.setTimeout(60_000);

const PROGRAM_CASES: readonly Case[] = [
  { args: '--help', code: 0, stdout: /^Usage: tenant-ddl/ },
  { args: '--version', code: 0, stdout: /^\d+\.\d+\.\d+\n$/ },
  { args: '', code: 64, stderr: /^Usage: tenant-ddl/ },
  { args: 'inspct', code: 64, stderr: /unknown command 'inspct'\n\(Did you mean inspect\?\)/ },
];

itEndsAsSaid(PROGRAM_CASES);

/** The commands, and the exit codes that each can have. Interrupted is one that takes its time, or changes something. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  inspect: [0, 1, 64, 130],
  drift: [0, 1, 2, 64, 130],
  plan: [0, 1, 64],
  apply: [0, 1, 64, 130],
  'rollout start': [0, 1, 2, 3, 64, 130],
  'rollout status': [0, 1, 2, 3, 64],
  'rollout pause': [0, 1, 64],
  'rollout resume': [0, 1, 64],
  'rollout retry': [0, 1, 3, 64, 130],
  'online plan': [0, 1, 64],
  'online apply': [0, 1, 64, 130],
  'online status': [0, 1, 2, 64, 130],
  'online abandon': [0, 1, 64],
};

const CASES = [...INSPECT_CASES, ...APPLY_CASES, ...ROLLOUT_CASES, ...ONLINE_CASES, ...PROGRAM_CASES];

it('has every command with every exit code that it can have, and every exit code of the document', () => {
  const found = Object.keys(CODES).map((command) => {
    const codes = CASES.filter(({ args }) => `${args} `.startsWith(`${command} `)).map(({ code }) => code);
    return [command, [...new Set(codes)].sort((one, other) => one - other)];
  });
  expect(Object.fromEntries(found)).toEqual(CODES);
  expect(new Set(Object.values(CODES).flat())).toEqual(new Set(Object.values(EXIT)));

  const namesOf = ({ commands }: Command, before: readonly string[] = []): string[] =>
    commands.flatMap((command) => {
      const words = [...before, command.name()];
      return command.commands.length === 0 ? [words.join(' ')] : namesOf(command, words);
    });
  const world = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), env: {}, cwd: '.' };
  const program = programFor({ ...world, signal: AbortSignal.abort() }, () => Promise.resolve());
  expect(namesOf(program).sort()).toEqual(Object.keys(CODES).sort());
});

it('fits a terminal of 80 columns, coloured unless NO_COLOR is set', async () => {
  const hard = [
    {
      kind: 'createModel',
      table: 'invoice',
      fields: Array.from({ length: 20 }, (_, index) => ({ name: `field_number_${index}`, type: 'String' })),
    },
    { kind: 'addIndex', table: 'order', columns: ['amount'], unique: true },
  ];
  file('hard.json', hard);
  const args = ['plan', 'hard.json', '--org', 'acme-corp'];
  const colored = await cli(args, { columns: 80, cwd: folder });
  const plain = await cli(args, { columns: 80, cwd: folder, env: { NO_COLOR: '1' } });
  expect(colored.stdout).toContain('\u001b[');
  expect(colored.stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout);
  expect(Math.max(...plain.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect((await cli(args, { cwd: folder, env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
  expect((await cli(args, { cwd: folder })).stdout).not.toContain('\u001b');
});

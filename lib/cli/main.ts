#!/usr/bin/env node
import { strayError } from './failures';
import { run } from './run';
import { print, type World } from './world';

const interruption = new AbortController();

function interrupt(signal: NodeJS.Signals): void {
  if (interruption.signal.aborted) {
    // As if there were no handler: the shell sees that it was the signal.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    return;
  }
  print(process.stderr, '\nStopping after what is in hand. Once more ends it at once.');
  interruption.abort();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

// Of a reader that has seen enough, such as head. What the command is at goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

let isBroken = false;
const broken = new Promise<never>((_, reject) => {
  process.on('uncaughtException', (error) => {
    isBroken = true;
    reject(strayError(error));
  });
});
broken.catch(() => undefined);

const world: World = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interruption.signal,
  broken,
};

void run(process.argv.slice(2), world).then((code) => {
  process.exitCode = code;
  // Reading it keeps the process alive.
  process.stdin.unref?.();
  // What the command was at may never end. First all is written that is in a pipe.
  if (isBroken) process.stderr.write('', () => process.stdout.write('', () => process.exit()));
});

const { randomUUID } = require('node:crypto');
const { appendFileSync, existsSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/**
 * Fails the run for errors that came too late for any test (environment.cjs), says why tests were skipped, and adds the run's counts to the file
 * TEST_COUNTS, a line of "passed failed skipped", for the sum that .ci/run prints.
 */
module.exports = class Reporter {
  // Written by a worker that has something to say, so that a run ended by Ctrl-C leaves no file behind.
  #strays = join(tmpdir(), `tenant-ddl-strays-${randomUUID()}`);
  #skips = join(tmpdir(), `tenant-ddl-skips-${randomUUID()}`);
  #error;

  constructor() {
    process.env.TEST_STRAYS = this.#strays;
    process.env.TEST_SKIPS = this.#skips;
    for (const file of [this.#strays, this.#skips]) process.once('exit', () => rmSync(file, { force: true }));
  }

  onRunComplete(_contexts, results) {
    if (existsSync(this.#strays)) {
      this.#error = new Error('An error that nobody caught came after the tests of its file.');
      process.stderr.write(`\n${this.#error.message}\n${readFileSync(this.#strays, 'utf8')}`);
    }
    if (existsSync(this.#skips)) process.stderr.write(`\n${countedLines(readFileSync(this.#skips, 'utf8'))}\n`);
    if (!process.env.TEST_COUNTS) return;
    // A file that could not even be loaded has no tests to count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + (this.#error ? 1 : 0);
    const skipped = results.numPendingTests + results.numTodoTests;
    appendFileSync(process.env.TEST_COUNTS, `${results.numPassedTests} ${failed} ${skipped}\n`);
  }

  getLastError() {
    return this.#error;
  }
};

/** Each line once, with how often it was there. */
function countedLines(text) {
  const counts = new Map();
  for (const line of text.trim().split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => `${count} x ${line}`).join('\n');
}

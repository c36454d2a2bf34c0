const { randomUUID } = require('node:crypto');
const { appendFileSync, existsSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/**
 * Fails the run for errors that came too late for any test (environment.cjs), and adds the run's counts to the file
 * TEST_COUNTS, a line of "passed failed skipped", for the sum that .ci/run prints.
 */
module.exports = class Reporter {
  // Written by a worker that has something to say, so that a run ended by Ctrl-C leaves no file behind.
  #strays = join(tmpdir(), `tenant-ddl-strays-${randomUUID()}`);
  #error;

  constructor() {
    process.env.TEST_STRAYS = this.#strays;
    process.once('exit', () => rmSync(this.#strays, { force: true }));
  }

  onRunComplete(_contexts, results) {
    if (existsSync(this.#strays)) {
      this.#error = new Error('An error that nobody caught came after the tests of its file.');
      process.stderr.write(`\n${this.#error.message}\n${readFileSync(this.#strays, 'utf8')}`);
    }
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

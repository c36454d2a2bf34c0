const { appendFileSync } = require('node:fs');
const { TestEnvironment } = require('jest-environment-node');

// While a test runs, Jest turns an error that nobody caught into that test's failure. What comes after the last test of
// a file would only end an idle worker, unnoticed; the reporter makes it the failure of the run.
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (reason) => {
    process.exitCode = 1;
    const text = reason?.stack ?? String(reason);
    if (process.env.TEST_STRAYS) appendFileSync(process.env.TEST_STRAYS, `${text}\n`);
    else console.error(text);
  });
}

module.exports = class Environment extends TestEnvironment {
  async setup() {
    await super.setup();
    // Node's own loader: jest's cannot require an ES module.
    this.global.requireOfNode = require;
  }

  /** A test that first ended for want of a right or a program (rights.ts) is skipped; its other errors follow from that. */
  handleTestEvent({ name, test }) {
    if (name !== 'test_done' || test.errors.length === 0) return;
    const [reason] = /Skipped: .*/.exec(textOf(test.errors[0])) ?? [];
    if (reason === undefined) return;
    test.status = 'skip';
    test.errors = [];
    if (process.env.TEST_SKIPS) appendFileSync(process.env.TEST_SKIPS, `${reason}\n`);
  }
};

function textOf(error) {
  const [first] = Array.isArray(error) ? error : [error];
  return String(first?.stack ?? first);
}

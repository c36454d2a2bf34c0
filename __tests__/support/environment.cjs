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
  /** A test that ended for want of a right (rights.ts), and for nothing else, is skipped, not failed. */
  handleTestEvent({ name, test }) {
    if (name !== 'test_done' || test.errors.length === 0) return;
    const reasons = test.errors.map((error) => /Skipped: .*/.exec(textOf(error))?.[0]);
    if (reasons.includes(undefined)) return;
    test.status = 'skip';
    test.errors = [];
    if (process.env.TEST_SKIPS) appendFileSync(process.env.TEST_SKIPS, `${reasons[0]}\n`);
  }
};

function textOf(error) {
  const [first] = Array.isArray(error) ? error : [error];
  return String(first?.stack ?? first);
}

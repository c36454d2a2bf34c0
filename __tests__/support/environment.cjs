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

module.exports = TestEnvironment;

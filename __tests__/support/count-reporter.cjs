const { appendFileSync } = require('node:fs');

/** Adds this run's counts to the file TEST_COUNTS, a line of "passed failed skipped", for the sum that .ci/run prints. */
module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    if (!process.env.TEST_COUNTS) return;
    // A file that could not even be loaded has no tests to count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    appendFileSync(process.env.TEST_COUNTS, `${results.numPassedTests} ${failed} ${skipped}\n`);
  }
};

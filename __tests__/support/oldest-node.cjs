// The published package on whatever Node runs this: both doors open, and a plan is made and printed.
const assert = require('node:assert/strict');
const { formatPlan, planChange } = require('../../dist');
require('../../dist/testing');

const change = { kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String', default: 'draft' } };
assert.match(formatPlan(planChange('acme-corp', change)), /add column "status" varchar\(100\)/);
console.log(`Node ${process.version}: loaded, planned and printed`);

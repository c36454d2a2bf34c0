import * as door from '../../lib';
import * as testingDoor from '../../lib/testing';

it('the main door exports exactly this', () => {
  expect(Object.keys(door).sort()).toEqual([
    'ERROR_CODES',
    'FieldSpec',
    'MigrationError',
    'ModelSpec',
    'abandonOnline',
    'addFieldToModel',
    'addIndex',
    'addKey',
    'addReference',
    'alterField',
    'applyChange',
    'applyChanges',
    'applyOnline',
    'changesFor',
    'createModel',
    'createModels',
    'createTenant',
    'deletionsOf',
    'diffModels',
    'driftReport',
    'dropFieldFromModel',
    'dropIndex',
    'dropKey',
    'dropModel',
    'dropReference',
    'dropTenant',
    'fingerprint',
    'fingerprints',
    'formatDifference',
    'formatDrift',
    'formatPlan',
    'formatRollout',
    'inspectModel',
    'inspectTenant',
    'onlineStatus',
    'pauseRollout',
    'planChange',
    'planChanges',
    'planOnline',
    'prepareLedger',
    'previewConversion',
    'renameField',
    'renameModel',
    'renameTenant',
    'resumeRollout',
    'rollOut',
    'rolloutStatus',
    'tenantDdl',
    'withDbRetry',
    'withTenant',
    'workRollouts',
  ]);
});

it('the door for tests exports exactly this', () => {
  expect(Object.keys(testingDoor)).toEqual(['memoryTenant']);
});

it('the main door needs no pg-mem, which is an optional peer', () => {
  jest.isolateModules(() => {
    jest.doMock('pg-mem', () => {
      throw new Error("Cannot find module 'pg-mem'");
    });
    expect(() => jest.requireActual('../../lib')).not.toThrow();
    const { memoryTenant } = jest.requireActual<typeof testingDoor>('../../lib/testing');
    expect(() => memoryTenant('acme-corp')).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_DATABASE',
        message: 'memoryTenant needs pg-mem, which is not installed: npm install --save-dev pg-mem.',
      }),
    );
    jest.dontMock('pg-mem');
  });
});

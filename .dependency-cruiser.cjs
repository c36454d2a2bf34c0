/** The floors of lib/, lowest first: a file imports from its own floor and from those below it. */
const floors = [
  ['errors'],
  ['sql'],
  ['codec'],
  ['field-types'],
  ['spec'],
  ['plan'],
  ['options'],
  // From here on a database can be reached.
  ['run'],
  ['catalog', 'migration'],
  ['tenant', 'online'],
  ['rollout'],
  ['bound'],
  ['index'],
  ['cli', 'testing'],
];
const layers = floors.map((folders) => `^lib/(${folders.join('|')})(/|\\.ts$)`);
const pure = layers.slice(0, 7);

/** In the folder of a registry, but no entry of it: what the entries share. */
const shared = {
  operations: ['operation'],
  'field-types': [
    'array-literal',
    'array-of',
    'default-text',
    'field-type',
    'guessed-type',
    'iso-8601',
    'conversion-sql',
    'number-text',
    'numeric-modifier',
    'options',
    'type-change',
    'type-options',
    'whole-number',
    'written-alike',
  ],
};

const notTypes = { dependencyTypesNot: ['type-only'] };

const registryRule = ([folder, parts]) => {
  const entry = { path: `^lib/(plan/)?${folder}/`, pathNot: `/(${['index', ...parts].join('|')})\\.ts$` };
  return {
    name: `${folder}-only-from-their-registry`,
    comment: `An entry of ${folder} is known to its registry alone; what two of them need is a file of its own.`,
    severity: 'error',
    from: { path: '^lib/', pathNot: `^lib/(plan/)?${folder}/index\\.ts$` },
    to: entry,
  };
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers.slice(0, -1).map((layer, height) => ({
      name: `layer-${height}-looks-up`,
      comment: 'Imports run one way; the order of the floors is at the top of .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: layer },
      to: { path: layers.slice(height + 1) },
    })),
    {
      name: 'folder-without-a-floor',
      comment: 'Each folder of lib/ has its place in the list at the top of .dependency-cruiser.cjs.',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: layers },
    },
    {
      name: 'nothing-below-run-reaches-a-database',
      comment:
        'Planning is pure: below lib/run nothing can connect, send or wait. Types may be imported; render.ts has a knex without a connection.',
      severity: 'error',
      from: { path: pure, pathNot: '^lib/plan/render\\.ts$' },
      to: { path: ['(^|/)node_modules/(knex|pg)/', '^(node:)?(net|tls|http|https|dns|child_process)$'], ...notTypes },
    },
    ...Object.entries(shared).map(registryRule),
    {
      name: 'cli-by-the-door',
      comment: 'The command line does what anybody can do with the public API.',
      severity: 'error',
      from: { path: '^lib/cli/' },
      to: { path: '^lib/', pathNot: '^lib/(index\\.ts$|cli/)' },
    },
    {
      name: 'library-without-cli',
      comment: 'Importing the library loads nothing of the command line, nor what only that needs.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/cli/' },
      to: { path: '^lib/cli/|(^|/)node_modules/(commander|jsonc-parser)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(lib|bench)/' },
      to: { circular: true },
    },
    {
      name: 'lib-alone',
      comment: 'What is published needs nothing of what is not.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(__tests__|examples|bench|docs|knexfile|dist)', pathNot: '^lib/' },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        // A peer is a development dependency as well, so that our tests have one.
        dependencyTypesNot: ['npm-peer', 'type-only'],
      },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      // The bench has dependencies of its own, which need not be installed.
      from: { path: '^lib/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'pg-mem-only-in-testing',
      comment: 'An optional peer: whoever imports the main door may not have it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/testing/' },
      to: { path: '(^|/)node_modules/pg-mem/' },
    },
    {
      name: 'winston-only-in-logger',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/options/logger\\.ts$' },
      to: { path: '(^|/)node_modules/winston/' },
    },
    {
      name: 'knex-in-few-places',
      comment: 'Planning is pure and one adapter touches the database; types may be imported anywhere.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(plan/render\\.ts$|run/|tenant/|catalog/|testing/|cli/database\\.ts$)' },
      to: { path: '(^|/)node_modules/knex/', ...notTypes },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count too: a layer that needs the types of a higher one is upside down.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

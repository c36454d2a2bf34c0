/** The layers of lib/, lowest first: a file imports from its own layer and from those below it. */
const layers = [
  ['migration/(errors|shown|spec-types|server-error|lost-connection)'],
  [
    'migration/(plan|bounds|own-keys|bounded-copy|subject|identifier|literal|qualified-sql|plain-object|sql-states|guard|own-lock|publications|shared-lock|query|rendered-texts|derived-names|not-null-names|references-made)',
  ],
  ['migration/(codecs|closed|heard|hints|log|logger|options|settings|retry|waiting)'],
  [
    'migration/(field-spec|set-null|field-changes|model-spec|type-change|type-options|referenced|render|alter-steps|unforeseen|alter-guard|alter-hazards|conversion|conversion-preview|rows-in-the-way|kept-default|list-checks|new-default|unique-indexes|session-settings)',
    'migration/(field-types|examples)/.+',
  ],
  ['migration/operations/.+', 'migration/adapter/.+', 'migration/execute'],
  ['migration/(change|planned|table-names)'],
  ['tenant/.+', 'catalog/.+', 'migration/(index|preview-conversion|fields|indexes|models|format-plan)'],
  ['index', 'testing/.+'],
].map((files) => `^lib/(${files.join('|')})\\.ts$`);

/** In the folder of a registry, but no entry of it: what the entries share. */
const shared = {
  operations: ['operation'],
  'field-types': ['field-type', 'iso-8601', 'number-text'],
};

const registryRule = ([folder, parts]) => {
  const entry = { path: `^lib/migration/${folder}/`, pathNot: `/(${['index', ...parts].join('|')})\\.ts$` };
  return {
    name: `${folder}-only-from-their-registry`,
    comment: `An entry of ${folder} is known to its registry alone; what two of them need is a file of its own.`,
    severity: 'error',
    from: { path: '^lib/', pathNot: `^lib/migration/${folder}/index\\.ts$` },
    to: entry,
  };
};

const notTypes = { dependencyTypesNot: ['type-only'] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers.slice(0, -1).map((layer, height) => ({
      name: `layer-${height}-looks-up`,
      comment: 'Imports run one way; the order of the layers is at the top of .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: layer },
      to: { path: layers.slice(height + 1) },
    })),
    {
      name: 'file-without-a-layer',
      comment: 'Each file of lib/ has its place in the list at the top of .dependency-cruiser.cjs.',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: layers },
    },
    ...Object.entries(shared).map(registryRule),
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
      from: { path: '^lib/', pathNot: '^lib/migration/logger\\.ts$' },
      to: { path: '(^|/)node_modules/winston/' },
    },
    {
      name: 'knex-in-few-places',
      comment: 'Planning is pure and one adapter touches the database; types may be imported anywhere.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(migration/render\\.ts$|tenant/|catalog/|testing/)' },
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

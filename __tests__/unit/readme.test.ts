import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { firstExample } from '../../docs/examples';
import * as lib from '../../lib';
import { ERROR_CODES, MigrationError, planChange, type FieldSpec } from '../../lib';
import { BOUNDS } from '../../lib/codec/bounds';
import { fieldTypes, type FieldTypeName } from '../../lib/field-types';
import { operations } from '../../lib/plan/operations';
import { DEFAULTS } from '../../lib/options/options';
import { HAZARD_KINDS } from '../../lib/plan/plan';
import { classify } from '../../lib/run/failures/sql-states';
import {
  codeIn,
  documents,
  evaluate,
  moduleOf,
  root,
  snippetsOf,
  tableOf,
  tablesOf,
  textOf,
  type Snippet,
} from '../support/markdown';

describe('the TypeScript in the documents', () => {
  it('is there', () => {
    expect(documents().flatMap(snippetsOf).length).toBeGreaterThan(20);
  });

  it('compiles under the strict settings of this repository', () => {
    expect(errorsOf(program)).toEqual([]);
  });
});

describe('the table of types', () => {
  const rows = tableOf('docs/fields.md', 'type');
  /** What the options are where a type needs some, in the table's own examples. */
  const SAMPLES: Partial<Record<FieldTypeName, object>> = {
    Decimal: { precision: 12, scale: 2 },
    Enum: { values: ['draft', 'sent'] },
  };
  const sqlOf = (type: FieldTypeName, field: object): string =>
    planChange('acme-corp', { kind: 'addField', table: 't', field: { name: 'f', type, ...field } as FieldSpec })
      .steps[0]?.sql ?? '';

  it('has every type, in the order of the registry', () => {
    expect(rows.map(([type]) => codeIn(type)[0])).toEqual(Object.keys(fieldTypes));
  });

  it.each(rows)('%s takes %s, becomes %s, and has %s as a default', (type, takes, column, defaults) => {
    const name = codeIn(type)[0] as FieldTypeName;
    const [columnType = ''] = codeIn(column);
    const sample = SAMPLES[name] ?? {};
    expect(codeIn(takes)).toEqual(fieldTypes[name].options);
    const added = sqlOf(name, sample).replace('alter table "acme-corp"."t" add column "f" ', '');
    // The table leaves out that the type is PostgreSQL's.
    expect(added.split(' constraint ')[0]?.replace(/^pg_catalog\./, '')).toBe(columnType);
    expect(added.includes(' check (')).toBe(column?.includes('with a check'));

    const examples = codeIn(defaults);
    expect(examples).not.toEqual([]);
    for (const example of examples) {
      const value = evaluate(`return (${example})`, { Buffer });
      expect(sqlOf(name, { ...sample, default: value })).toContain(' default ');
    }
  });

  it('says what a Decimal without a precision becomes', () => {
    expect(sqlOf('Decimal', {})).toMatch(/ numeric$/);
  });
});

describe('the tables of keys', () => {
  const [field = [], model = []] = tablesOf('docs/fields.md', 'key');
  const keysIn = (rows: readonly string[][]): string[] => rows.flatMap(([key]) => codeIn(key));

  it('have every key of a field', () => {
    expect([...keysIn(field), 'name', 'type'].sort()).toEqual(propertiesOf('FieldSpec').sort());
  });

  it('have every key of a model', () => {
    expect([...keysIn(model), 'table', 'fields'].sort()).toEqual(propertiesOf('ModelSpec').sort());
  });

  const sqlOf = (spec: object): string => {
    const change = { kind: 'createModel', table: 't', ...spec } as lib.Change;
    return planChange('acme-corp', change)
      .steps.map(({ sql }) => sql)
      .join('; ');
  };

  it.each(field)('the field key %s (%s): %s becomes %s', (_key, _meaning, example, sql) => {
    const spec = evaluate(`return (${codeIn(example)[0]})`, {}) as object;
    expect(sqlOf({ fields: [{ name: 'f', ...spec }] })).toMatch(patternOf(codeIn(sql)[0]));
  });

  it.each(tableOf('docs/fields.md', 'a field with `array: true`'))('the array %s becomes %s', (example, sql) => {
    const spec = evaluate(`return (${codeIn(example)[0]})`, {}) as object;
    expect(sqlOf({ fields: [{ name: 'f', ...spec }] })).toMatch(patternOf(codeIn(sql)[0]));
  });

  it.each(model)('the model key %s (%s): %s becomes %s', (_key, _meaning, example, sql) => {
    const spec = evaluate(`return (${codeIn(example)[0]})`, {}) as object;
    const fields = ['f', 'g'].map((name) => ({ name, type: 'Int' }));
    expect(sqlOf({ fields, ...spec })).toMatch(patternOf(codeIn(sql)[0]));
  });
});

describe.each([
  ['in `indexes`', 'IndexSpec', (spec: object) => spec],
  ['in `columns`', 'IndexColumnSpec', (spec: object) => ({ columns: [spec] })],
])('the table of what is %s', (heading, type, indexOf) => {
  const rows = tableOf('docs/fields.md', heading);

  it('has every key', () => {
    expect(rows.flatMap(([key]) => codeIn(key)).sort()).toEqual(propertiesOf(type).sort());
  });

  it.each(rows)('%s (%s): %s becomes %s', (_key, _meaning, example, sql) => {
    const index = indexOf(evaluate(`return (${codeIn(example)[0]})`, {}) as object);
    const fields = [
      { name: 'f', type: 'Int' },
      { name: 'g', type: 'Int' },
      { name: 'text', type: 'Text' },
      { name: 'data', type: 'Json' },
    ];
    const change = { kind: 'createModel', table: 't', fields, indexes: [index] } as lib.Change;
    expect(planChange('acme-corp', change).steps.at(-1)?.sql).toMatch(patternOf(codeIn(sql)[0]));
  });
});

describe('the table of references', () => {
  const rows = tableOf('docs/fields.md', 'in `references`');

  it('has every key of a reference', () => {
    expect(rows.flatMap(([key]) => codeIn(key)).sort()).toEqual(propertiesOf('ReferenceSpec').sort());
  });

  it.each(rows)('%s (%s): %s becomes %s', (_key, _meaning, example, sql) => {
    const references = evaluate(`return (${codeIn(example)[0]})`, {}) as object;
    const change = { kind: 'createModel', table: 't', fields: [{ name: 'f', type: 'Int', references }] } as lib.Change;
    const [step] = planChange('acme-corp', change).steps.slice(-1);
    expect(step?.sql).toContain(codeIn(sql)[0]);
  });
});

describe('the table of operations', () => {
  const rows = tableOf('docs/changing-tables.md', 'call');

  it('has every operation', () => {
    expect(rows.map(([, change]) => codeIn(change)[0]).sort()).toEqual(Object.keys(operations).sort());
  });

  it.each(rows)('%s is exported, makes the change %s, which runs %s and takes %s', (call, change, runs, lock) => {
    const name = codeIn(call)[0]?.split('(')[0] ?? '';
    expect(Object.keys(lib)).toContain(name);

    const example = firstExample(codeIn(change)[0] as keyof typeof operations);
    const plan = planChange('acme-corp', example);
    const [step] = plan.steps;
    expect(step?.sql).toMatch(new RegExp(`^${patternOf(codeIn(runs)[0]).source}`));

    const own = plan.steps.flatMap(({ locks }) => locks).filter(({ table }) => table === example.table);
    expect([...new Set(own.map(({ mode }) => mode))]).toEqual(codeIn(lock));
  });
});

it('names every kind of hazard, and says which count on rows only', () => {
  const rows = tableOf('docs/plans.md', 'hazard').map(([kind, counts]) => [codeIn(kind)[0], counts !== 'always']);
  expect(rows).toEqual(Object.entries(HAZARD_KINDS).map(([kind, { onRowsOnly }]) => [kind, onRowsOnly]));
});

describe('the table of options', () => {
  const rows = tableOf('docs/options.md', 'option');
  const names = rows.map(([option]) => codeIn(option)[0] ?? '');

  it('has every option', () => {
    const retry = propertiesOf('RetryOptions').map((name) => `retry.${name}`);
    const others = propertiesOf('TenantOptions').filter((name) => name !== 'retry');
    expect([...names].sort()).toEqual([...retry, ...others].sort());
  });

  it('has their defaults', () => {
    const shown = rows.filter(([, value]) => value !== 'none').map(([option, value]) => [codeIn(option)[0], value]);
    const { retry, ...others } = DEFAULTS;
    const registered = [...Object.entries(others), ...prefixed('retry', retry)].map(([name, value]) => [
      name,
      typeof value === 'number' ? String(value) : `\`${literalOf(value)}\``,
    ]);
    // The default logger is made when it is first needed.
    expect(new Map(shown as [string, string][])).toEqual(
      new Map([...registered, ['logger', 'winston, JSON on the console']] as [string, string][]),
    );
  });

  it('has the unit of everything that is a time', () => {
    const times = rows.filter(([option]) => codeIn(option)[0]?.endsWith('Ms'));
    expect(times.map(([, , unit]) => unit)).toEqual(times.map(() => 'ms'));
  });
});

describe('the table of errors', () => {
  const rows = tableOf('docs/errors.md', 'code');

  it('has every code, in their order', () => {
    expect(rows.map(([code]) => codeIn(code)[0])).toEqual(ERROR_CODES);
  });

  it('says of each what happened and what to do', () => {
    expect(rows.filter(([, what, remedy]) => what === '' || remedy === '')).toEqual([]);
  });

  it('has the HTTP status that the function below it gives', () => {
    const snippet = snippetsOf('docs/errors.md').find(({ code }) => code.includes('answerTo')) as Snippet;
    const { outputText } = ts.transpileModule(moduleOf(snippet), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const exports = {} as { answerTo: (error: unknown) => { status: number } };
    evaluate(outputText, { require: () => lib, exports });
    const answered = ERROR_CODES.map((code) => [code, exports.answerTo(new MigrationError('', { code })).status]);
    expect(rows.map(([code, , , status]) => [codeIn(code)[0], Number(status)])).toEqual(answered);
  });
});

it.each(tableOf('docs/transactions.md', 'after').slice(0, -1))(
  '%s, as SQLSTATE %s, has the retryScope %s',
  (after, sqlState, retryScope) => {
    const error = Object.assign(new Error(), { code: codeIn(sqlState)[0] });
    expect(classify(error)).toEqual({ code: codeIn(after)[0], retryScope: codeIn(retryScope)[0] });
  },
);

it('says what a spec may hold at most', () => {
  const limits = tableOf('docs/security.md', 'limit').map(([, value]) => Number(value?.replaceAll(',', '')));
  const { textBytes, allTextBytes, values, listItems, changes, defaultDepth } = BOUNDS;
  expect(limits).toEqual([textBytes, allTextBytes, values, listItems, changes, defaultDepth]);
});

describe('the retry that outlasts a failover', () => {
  const [, numbers = ''] = /const retry = (\{.*?\});/.exec(textOf('docs/operating.md')) ?? [];
  const retry = evaluate(`return ${numbers}`, {}) as lib.RetryOptions;

  afterEach(() => jest.useRealTimers());

  it('tries at least every 10 seconds, for 80 to 90 seconds', async () => {
    jest.useFakeTimers();
    const lost = Object.assign(new Error(), { code: '57P01' });
    for (let run = 0; run < 50; run += 1) {
      const startedAt = performance.now();
      const at: number[] = [];
      const work = lib.withDbRetry(() => {
        at.push(performance.now() - startedAt);
        return Promise.reject(lost);
      }, retry);
      work.catch(() => undefined);
      await jest.advanceTimersByTimeAsync(100_000);
      await expect(work).rejects.toBe(lost);
      expect(at.at(-1)).toBeGreaterThanOrEqual(80_000);
      expect(at.at(-1)).toBeLessThanOrEqual(90_000);
      const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(10_001);
    }
  });
});

describe('every document', () => {
  it.each([...documents(), 'CONTRIBUTING.md', 'CHANGELOG.md'])('%s names only what is there', (document) => {
    const text = textOf(document);
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);

    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);
    const paths = codeIn(text.replace(/^```.*?^```/gms, '')).filter((code) =>
      /^(lib|examples|docs|__tests__)\/[^<]+$/.test(code),
    );
    const beside = links.filter((link) => !link.startsWith('http')).map((link) => join(dirname(document), link));
    // Of a file that a reader is to make.
    const missing = [...beside, ...paths].filter(
      (path) => !existsSync(join(root, path)) && !path.endsWith('/small-int.ts'),
    );
    expect(missing).toEqual([]);
  });
});

it('the package has every file that its README and documents link to', () => {
  const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  const linked = documents().flatMap((document) =>
    [...textOf(document).matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = '']) => join(dirname(document), path)),
  );
  expect(linked.length).toBeGreaterThan(15);
  expect(linked.filter((path) => !paths.includes(path))).toEqual([]);
});

describe('the layout in CONTRIBUTING.md', () => {
  const layout = /^```text\n(.*?)^```/ms.exec(textOf('CONTRIBUTING.md'))?.[1] ?? '';
  const paths = pathsIn(layout);

  it('names only what is there', () => {
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names every folder of lib/', () => {
    const folders = readdirSync(join(root, 'lib'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${relative(root, join(entry.parentPath, entry.name))}/`)
      // git knows no empty folders.
      .filter((folder) => readdirSync(join(root, folder)).length > 0);
    expect(folders.filter((folder) => !paths.includes(folder))).toEqual([]);
  });
});

/** Text in which `…` stands for anything. */
function patternOf(text = ''): RegExp {
  const parts = text.split('…').map((part) => part.trim().replace(/[^\w ]/g, '\\$&'));
  return new RegExp(parts.join('.*'));
}

/** The files and folders of an indented list, whose lines end in words. */
function pathsIn(layout: string): string[] {
  const parents: string[] = [];
  return layout
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const depth = line.search(/\S/) / 2;
      const names = line.trim().split(/ {2,}/)[0]?.split(' ') ?? [];
      const prefix = parents.slice(0, depth).join('');
      parents[depth] = names[0] ?? '';
      return names.map((name) => prefix + name);
    });
}

function prefixed(prefix: string, values: object): [string, unknown][] {
  return Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]);
}

/** As a reader would write it. */
function literalOf(value: unknown): string {
  return JSON.stringify(value).replaceAll('"', "'");
}

/** Every snippet of every document, against lib/ as `tenant-ddl`. */
const program = programOf(
  new Map(
    documents()
      .flatMap(snippetsOf)
      .map((snippet) => [join(root, `${snippet.place}.ts`), moduleOf(snippet)]),
  ),
);

function programOf(sources: ReadonlyMap<string, string>): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const paths = {
    'tenant-ddl': [join(root, 'lib/index.ts')],
    'tenant-ddl/testing': [join(root, 'lib/testing/index.ts')],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, source, version, true);
  };
  return ts.createProgram([...sources.keys()], { ...options, paths }, host);
}

function errorsOf(checked: ts.Program): string[] {
  const files = checked.getRootFileNames().flatMap((name) => checked.getSourceFile(name) ?? []);
  const diagnostics = files.flatMap((file) => [
    ...checked.getSyntacticDiagnostics(file),
    ...checked.getSemanticDiagnostics(file),
  ]);
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const line = file?.text.slice(start).split('\n', 1)[0];
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')} at: ${line}`;
  });
}

/** The keys of a type that lib/ exports. */
function propertiesOf(type: string): string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(root, 'lib/index.ts'));
  const door = file && checker.getSymbolAtLocation(file);
  const exported = door && checker.getExportsOfModule(door).find(({ name }) => name === type);
  if (exported === undefined) throw new Error(`lib/index.ts exports no ${type}.`);
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .map(({ name }) => name);
}

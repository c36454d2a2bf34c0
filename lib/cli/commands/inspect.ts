import type { FieldSpec, ModelSpec, TenantInspection } from '../..';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../database';
import { writeDocument } from '../document';
import { EXIT, type ExitCode } from '../exit-codes';
import { library } from '../library';
import { addOrgOptions, orgsOf, refuseNoOrgs, type OrgOptions } from '../orgs';
import { aligned, counted } from '../text';
import { print, widthOf, type World } from '../world';
import type { AddCommand } from './command';

interface InspectOptions extends DatabaseOptions, OrgOptions {
  readonly json?: boolean;
}

export const addInspect: AddCommand = (program, world, runner) => {
  const command = program
    .command('inspect')
    .summary('show the tables of tenants as models')
    .description('Reads the tables of tenants back, as the models that would create them. Changes nothing.')
    .argument('[table]', 'one table instead of all');
  addDatabaseOptions(addOrgOptions(command))
    .option('--json', 'write JSON to standard output')
    .action((table: string | undefined, options: InspectOptions) =>
      runner('inspect', () => inspect(table, options, world)),
    );
};

async function inspect(table: string | undefined, options: InspectOptions, world: World): Promise<ExitCode> {
  refuseNoOrgs(options);
  const tenants: TenantInspection[] = [];
  await withDatabase(options, world, async (db) => {
    for (const org of await orgsOf(options, db)) {
      world.signal.throwIfAborted();
      const tenant = table === undefined ? await library().inspectTenant(org, db) : await oneModel(org, table, db);
      if (options.json === true) tenants.push(tenant);
      else print(world.stdout, textOf(tenant, widthOf(world.stdout)));
    }
  });
  if (options.json === true) writeDocument(world, 'inspect', { tenants });
  return EXIT.done;
}

async function oneModel(
  org: string,
  table: string,
  db: Parameters<Parameters<typeof withDatabase>[2]>[0],
): Promise<TenantInspection> {
  const { model, extras } = await library().inspectModel(org, table, db);
  return { org, models: [model], extras };
}

function textOf({ org, models, extras }: TenantInspection, width: number): string {
  const others = extras.map(({ kind, name, table, detail }) => [
    kind,
    table === undefined ? name : `${table}.${name}`,
    detail ?? '',
  ]);
  return [
    `${org}: ${counted(models.length, 'table')}`,
    ...models.map((model) => modelText(model, width)),
    ...(others.length === 0 ? [] : [`  beside them\n${aligned(others, '    ', width)}`]),
  ].join('\n');
}

function modelText({ table, fields, indexes }: ModelSpec, width: number): string {
  const keys = fields.filter(({ primaryKey }) => primaryKey === true);
  // Where no field says that it is the key, the one named id is.
  const isKey = ({ name, primaryKey }: FieldSpec): boolean =>
    primaryKey === true || (keys.length === 0 && name === 'id' && primaryKey !== false);
  const rows = fields.map((field) => [field.name, typeText(field), optionsText(field, isKey(field))]);
  const lines = (indexes ?? []).map(
    ({ columns, unique }) => `    ${unique === true ? 'unique ' : ''}index (${columns.map(columnText).join(', ')})`,
  );
  return [`  ${table}`, ...(rows.length === 0 ? [] : [aligned(rows, '    ', width)]), ...lines].join('\n');
}

/** A column of an index, with its options as SQL writes them. */
function columnText(given: NonNullable<ModelSpec['indexes']>[number]['columns'][number]): string {
  if (typeof given === 'string') return given;
  const { column, lower, operatorClass, order, nulls } = given;
  const words = [lower === true ? `lower(${column})` : column, operatorClass, order, nulls && `nulls ${nulls}`];
  return words.filter((word) => word !== undefined).join(' ');
}

/** As SQL writes it, with the numbers that belong to the type. */
function typeText({ type, default: _default, ...options }: FieldSpec): string {
  const sizes = Object.values(options).filter((value) => typeof value === 'number');
  return sizes.length === 0 ? type : `${type}(${sizes.join(', ')})`;
}

function optionsText(field: FieldSpec, isKey: boolean): string {
  const { nullable, unique, references } = field;
  return [
    ...(isKey ? ['primary key'] : nullable === false ? ['not null'] : []),
    ...(unique === true ? ['unique'] : []),
    ...(field.default === undefined || field.default === null ? [] : ['has a default']),
    ...(references === undefined || references === null ? [] : [`to ${references.table}.${references.column}`]),
  ].join(', ');
}

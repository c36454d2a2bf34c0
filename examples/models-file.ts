import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Knex } from 'knex';
import { createModels, MigrationError, planChange, type ModelSpec } from '../lib';
import { tablesOf } from './catalog';
import { ORG, QUIET } from './org';
import { heading, say, table } from './screen';

/** Something about the file that its author can put right. */
export class BadFile extends Error {}

/** The models of a JSON file, all of them checked, before there is a database. */
export function readModels(file: string): readonly ModelSpec[] {
  // npm runs scripts in the package's folder; the path is meant from where the reader is.
  const models = parsed(file, textOf(resolve(process.env.INIT_CWD ?? '.', file)));
  const faults = models.flatMap((model) => faultsOf(model));
  if (faults.length > 0) throw new BadFile(`${file}: ${faults.join('\n')}`);
  return models;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadFile(`The file can not be read: ${(error as Error).message}.`);
  }
}

function parsed(file: string, text: string): readonly ModelSpec[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadFile(`${file} is no JSON: ${(error as Error).message}.`);
  }
  if (Array.isArray(value) && value.length > 0) return value as ModelSpec[];
  throw new BadFile(
    `${file} must be a list of models, [{ "table": …, "fields": […] }, …]. See examples/models/crm.json.`,
  );
}

function faultsOf(model: ModelSpec): string[] {
  try {
    planChange(ORG, { ...model, kind: 'createModel' });
    return [];
  } catch (error) {
    if (error instanceof MigrationError) return [error.message];
    throw error;
  }
}

/** Creates every model in one round trip, and shows what is in the catalog then. */
export async function createAll(models: readonly ModelSpec[], db: Knex): Promise<void> {
  heading(`${models.length === 1 ? '1 model' : `${models.length} models`}, all or none`);
  const { durationMs, statements } = await createModels(ORG, models, db, QUIET);

  const created = await tablesOf(db, ORG);
  const row = ({ name, columns, references, indexes }: (typeof created)[number]): string[] =>
    [name, columns, references, indexes].map(String);
  const sum = (key: 'columns' | 'references' | 'indexes'): number =>
    created.reduce((total, each) => total + each[key], 0);
  table(['table', 'columns', 'references', 'indexes'], created.map(row));
  say(
    `${created.length} tables, ${sum('columns')} columns, ${sum('references')} references, ${sum('indexes')} indexes ` +
      `beside the primary keys, counted in the catalog. ${statements.length} statements took ${durationMs} ms.`,
  );
}

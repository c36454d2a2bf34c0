// W6: models of real products.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Model } from '../models.ts';
import type { Table } from '../rows.ts';
import type { Context } from './context.ts';
import { provision } from './provision.ts';

export interface RealResult {
  readonly models: string;
  readonly tables: number;
  readonly columns: number;
  readonly results: readonly Table[];
}

const root = join(import.meta.dirname, '..', '..');

/** The org that the models of the files are for. */
const ORG = 'acme-corp';

export async function real(context: Context): Promise<RealResult[]> {
  const results: RealResult[] = [];
  for (const file of files()) {
    const text = readFileSync(file, 'utf8');
    const models = JSON.parse(text) as Model[];
    const name = basename(file, '.json');
    results.push({
      models: name,
      tables: models.length,
      columns: models.reduce((sum, { fields }) => sum + fields.length, 0),
      results: await provision(context, {
        name,
        modelsOf: (org) => JSON.parse(text.replaceAll(`"${ORG}"`, JSON.stringify(org))) as Model[],
        schema: false,
        latenciesMs: context.quick ? [1] : context.latenciesMs,
        share: context.quick ? 0.5 : 1,
      }),
    });
  }
  return results;
}

function files(): string[] {
  const examples = join(root, 'examples', 'models');
  const shared = join(root, '..', 'shared', 'models', 'langfuse.json');
  const own = existsSync(examples) ? readdirSync(examples).filter((name) => name.endsWith('.json')) : [];
  return [...own.map((name) => join(examples, name)), ...(existsSync(shared) ? [shared] : [])];
}

import type { Knex } from 'knex';
import { ORGS } from './task-plan';
import type { TaskPlan } from './task-plan';

/** What a task makes or drops, in the tenant's tables. */
export function nameOf({ id, change }: TaskPlan): string {
  return change === 'createModel' ? `model_${id}` : `field_${id}`;
}

/** The tenants as each round finds them: two models to refer to, one to change, and what a task is to drop. */
export async function setUpTenants(admin: Knex, tasks: readonly TaskPlan[]): Promise<void> {
  const statements = ORGS.flatMap((org) => {
    const drops = tasks.filter((task) => task.org === org && task.change === 'dropField').map(nameOf);
    return [
      `drop schema if exists "${org}" cascade`,
      `create schema "${org}"`,
      `create table "${org}".anchor_a (id varchar(100) primary key)`,
      `create table "${org}".anchor_b (id varchar(100) primary key)`,
      `create table "${org}".base (id int primary key${drops.map((name) => `, ${name} int`).join('')})`,
      `create table "${org}".metadata (name text, attempt int)`,
      `create table "${org}".note (task text)`,
      ...drops.map((name) => `insert into "${org}".metadata values ('${name}', 0)`),
    ];
  });
  await admin.raw(statements.join(';\n'));
}

/** What is there of a task, as the server has it. */
export interface Found {
  /** The change took effect: a model or field is there, or a dropped one is not. */
  readonly applied: boolean;
  readonly metadata: number;
  readonly notes: number;
}

export async function findTask(admin: Knex, task: TaskPlan): Promise<Found> {
  const { org, change, id } = task;
  const { rows } = await admin.raw(
    `select (select count(*)::int from "${org}".metadata where name = :name) as metadata,
            (select count(*)::int from "${org}".note where task = :id) as notes,
            exists (select from information_schema.columns where table_schema = :org
              and case when :model then table_name = :name else table_name = 'base' and column_name = :name end) as there`,
    { org, name: nameOf(task), id, model: change === 'createModel' },
  );
  const { metadata, notes, there } = rows[0] as { metadata: number; notes: number; there: boolean };
  return { applied: change === 'dropField' ? !there : there, metadata, notes };
}

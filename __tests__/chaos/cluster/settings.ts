import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';

/** Gives settings of a server other values, until the function that comes of it is called. */
export async function setOnNode(admin: Knex, settings: Readonly<Record<string, string>>): Promise<() => Promise<void>> {
  const undo: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const { rows } = await admin.raw(
      `select setting from pg_file_settings where name = ? and sourcefile like '%postgresql.auto.conf'`,
      [name],
    );
    const [before] = rows as { setting: string }[];
    undo.push(before === undefined ? `alter system reset ${name}` : `alter system set ${name} = '${before.setting}'`);
    await admin.raw(`alter system set ${name} = '${value}'`);
  }
  const reload = async (): Promise<void> => {
    await admin.raw('select pg_reload_conf()');
    // The postmaster tells its sessions in its own time.
    await sleep(200);
  };
  await reload();
  return async () => {
    for (const sql of undo) await admin.raw(sql);
    await reload();
  };
}

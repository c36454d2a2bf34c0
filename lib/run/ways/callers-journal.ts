import type { Knex } from 'knex';
import { isRefusalOfCommit } from '../failures/sql-states';
import { clientOf } from '../wire/send';
import { outermost } from '../outermost';
import type { Committed, Journal, JournalEntry } from '../tenant-context';
import { watchTransaction, type TransactionWatch } from './transaction-watch';

/** What is known about an entry. It is doubtful if it was on its way while a savepoint was rolled back. */
interface Entry {
  tell?: (committed: Committed) => void;
  doubtful: boolean;
}

interface KnexQuery {
  readonly sql: string;
}

const journals = new WeakMap<Knex, Promise<Journal>>();

/** The journal of the caller's transaction, which is logged when knex reports the end of the outermost one. */
export function callersJournal(trx: Knex): Promise<Journal> {
  const root = outermost(trx);
  const known = journals.get(root);
  if (known !== undefined) return known;
  const made = makeJournal(root as Knex.Transaction);
  journals.set(root, made);
  return made;
}

/** A transaction whose end is not reported. */
const AT_ONCE: Journal = {
  begin: () => ({ ran: (tell) => tell(undefined), failed: (_error, tell) => tell(undefined) }),
};

async function makeJournal(root: Knex.Transaction): Promise<Journal> {
  if ((root.executionPromise as Promise<unknown> | undefined) === undefined) return AT_ONCE;
  const watch = watchTransaction(root, await clientOf(root).acquireConnection());
  const entries: Entry[] = [];
  const savepoints: { readonly name: string; readonly at: number }[] = [];
  let last = '';
  root.on('query', ({ sql }: KnexQuery) => {
    last = sql;
    const [, made] = /^savepoint (\S+?);?$/i.exec(sql) ?? [];
    if (made !== undefined) savepoints.push({ name: made, at: entries.length });
    const [, backTo] = /^rollback to (?:savepoint )?(\S+?);?$/i.exec(sql) ?? [];
    if (backTo !== undefined) takeBack(entries, savepoints, backTo);
  });
  const end = (error?: unknown): void => {
    watch.stop();
    const committed = outcome(watch, last, error);
    if (committed !== 'no')
      entries.forEach(({ tell, doubtful }) => tell?.(doubtful || committed === 'unknown' ? undefined : true));
  };
  // The caller handles its failure; only the end matters here.
  root.executionPromise.then(() => end(), end);
  return { begin: () => beginEntry(entries) };
}

function beginEntry(entries: Entry[]): JournalEntry {
  const entry: Entry = { doubtful: false };
  entries.push(entry);
  return {
    ran: (tell) => {
      entry.tell = tell;
    },
    failed: (_error, tell) => tell(undefined),
  };
}

/** Changes since the savepoint did not happen. */
function takeBack(entries: Entry[], savepoints: { readonly name: string; readonly at: number }[], name: string): void {
  const index = savepoints.map((savepoint) => savepoint.name).lastIndexOf(name);
  // A savepoint that we did not see was set before everything that we know.
  const undone = entries.splice(savepoints[index]?.at ?? 0);
  savepoints.splice(index + 1);
  for (const entry of undone) {
    if (entry.tell !== undefined) continue;
    entry.doubtful = true;
    entries.push(entry);
  }
}

function outcome(watch: TransactionWatch, last: string, error: unknown): 'yes' | 'no' | 'unknown' {
  const ends = watch.unknownEnds();
  if (/^commit\b/i.test(last)) {
    if (ends === 1) return watch.lastEnd() === 'COMMIT' ? 'yes' : 'no';
    const refused = ends === 0 && isRefusalOfCommit(error);
    return refused ? 'no' : 'unknown';
  }
  const knexes = /^rollback$/i.test(last) ? 1 : 0;
  return ends <= knexes || ends === Infinity ? 'no' : 'unknown';
}

import { EQ } from '../sql/qualified-sql';

/** The oid of a catalog, as pg_depend's `classid` has it. */
export function catalog(name: string): string {
  return `'pg_catalog.${name}'::pg_catalog.regclass`;
}

/** A JSON text of an expression of type text. Every text that the questions give goes through here: a name holds anything. */
export function json(text: string): string {
  return `pg_catalog.to_json(${text})`;
}

/** 1 or 0: a boolean takes five letters in JSON. */
export function bit(test: string): string {
  return `case when ${test} then 1 else 0 end`;
}

/**
 * The words whose tests are true, for what is rarely there. What makes an object another one than a spec can say, in the
 * words of a person.
 */
export function words(tests: Readonly<Record<string, string>>): string {
  const found = Object.entries(tests).map(([word, test]) => `case when ${test} then '${word},' end`);
  return `pg_catalog.concat(${found.join(', ')})`;
}

/** The name of an object of the schema `home`; one of another schema is qualified. */
export function nameAsSeenFrom(home: string, namespace: string, name: string): string {
  return `case when ${namespace} ${EQ} ${home} then ${name}::pg_catalog.text else pg_catalog.concat(
    (select other.nspname from pg_catalog.pg_namespace other where other.oid ${EQ} ${namespace}), '.', ${name}) end`;
}

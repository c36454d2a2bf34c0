import { createHash } from 'node:crypto';
import { MigrationError } from '../errors';
import { shownBeginning } from '../errors/shown';

declare const checked: unique symbol;

/** A name that has passed {@link identifierFault}: nothing else may be quoted into SQL. */
export type Identifier = string & { readonly [checked]: true };

/** What a name is for: each use has its own reserved names. */
export type IdentifierUse = 'org' | 'schema' | 'table' | 'column' | 'constraint';

/** PostgreSQL cuts longer names silently (manual 4.1.1): NAMEDATALEN - 1, in bytes of UTF-8. */
export const MAX_IDENTIFIER_BYTES = 63;

/**
 * Letters and digits of any script, with the vowel signs that some scripts write as marks on a letter.
 * Invisible characters (Hangul fillers, variation selectors) would make two names look the same.
 */
const ALLOWED =
  /^(?!.*\p{Default_Ignorable_Code_Point})(?:\p{L}[\p{Mn}\p{Mc}]*|[\p{Nd}_])(?:\p{L}[\p{Mn}\p{Mc}]*|[\p{Nd}_$-])*$/u;

/** What {@link ALLOWED} allows of ASCII, and of no more than {@link MAX_IDENTIFIER_BYTES}: almost every name, and quickly checked. */
const PLAIN = /^\w[\w$-]{0,62}$/;

/** Manual 5.5, System Columns. */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['ctid', 'xmin', 'cmin', 'xmax', 'cmax', 'tableoid']);

/** The fault of a name, or undefined. The only rule for names. */
export function identifierFault(name: unknown, use: IdentifierUse): string | undefined {
  if (typeof name !== 'string') return 'must be a string';
  return (PLAIN.test(name) ? undefined : spellingFault(name)) ?? reservedFault(name, use);
}

function spellingFault(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  // First of all: it may be megabytes long.
  const lengthBytes = Buffer.byteLength(name, 'utf8');
  if (lengthBytes > MAX_IDENTIFIER_BYTES) {
    return `is ${lengthBytes} bytes in UTF-8, PostgreSQL allows ${MAX_IDENTIFIER_BYTES}`;
  }
  if (name !== name.normalize('NFC')) return 'must be in Unicode normalization form NFC';
  if (!ALLOWED.test(name)) {
    return 'must be letters, digits, "_", "-" and "$", and begin with a letter, a digit or "_"';
  }
  return undefined;
}

function reservedFault(name: string, use: IdentifierUse): string | undefined {
  // pg_catalog precedes every schema of the search_path: an unqualified query would read the server's own relation.
  if (use === 'table' && name.startsWith('pg_')) return 'begins with "pg_", as the catalogs of PostgreSQL do';
  if (use === 'column' && SYSTEM_COLUMNS.has(name)) return 'is a system column of PostgreSQL';
  if (use === 'org' && name === 'tenant_ddl') return 'is the schema of the tables that tenant-ddl keeps itself';
  if (use === 'org' && (name === 'public' || isSystemSchema(name))) return 'is a schema of PostgreSQL, not an org';
  if (use === 'schema' && isSystemSchema(name)) return 'is a schema of PostgreSQL itself';
  return undefined;
}

function isSystemSchema(name: string): boolean {
  return name === 'information_schema' || name.startsWith('pg_');
}

/**
 * Returns a valid name unchanged, or throws INVALID_IDENTIFIER.
 *
 * @example identifier('acme-corp', 'org') // 'acme-corp'
 */
export function identifier(name: unknown, use: IdentifierUse): Identifier {
  const fault = identifierFault(name, use);
  if (fault === undefined) return name as Identifier;
  if (use === 'org' && typeof name !== 'string') throw noOrgError(name);
  const named = typeof name === 'string' ? ` "${shownBeginning(name)}"` : '';
  throw new MigrationError(`The ${use}${named} ${fault}.`, {
    code: 'INVALID_IDENTIFIER',
    org: use === 'org' && typeof name === 'string' ? shownBeginning(name) : undefined,
  });
}

/** The most common slip: an argument left out, or two in the wrong order. */
function noOrgError(given: unknown): MigrationError {
  const shown = given === null ? 'null' : Array.isArray(given) ? 'a list' : typeof given;
  return new MigrationError(`The org, the first argument, must be a string, but is ${shown}.`, {
    code: 'INVALID_IDENTIFIER',
  });
}

/** `"name"`: nothing to escape, since a checked name contains no double quote. */
export function quoted(name: Identifier): string {
  return `"${name}"`;
}

/** `"schema"."table"` */
export function qualified(schema: Identifier, name: Identifier): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** The same for an object that others may have named, with any characters. */
export function qualifiedExisting(schema: Identifier, name: string): string {
  return `${quoted(schema)}."${name.replaceAll('"', '""')}"`;
}

/** `"a", "b"` */
export function columnList(columns: readonly Identifier[]): string {
  return columns.map(quoted).join(', ');
}

/** The kinds of derived names. PostgreSQL's own suffixes (`_pkey`, `_key`, …) keep them readable. */
export type DerivedKind = 'pkey' | 'key' | 'idx' | 'fkey' | 'check';

/** Of the hash that ends a derived name; derived-names.ts makes the same names in SQL. */
export const HASH_LENGTH = 12;

/**
 * The name of a key, index or check: deterministic, at most 63 bytes, and different for each (table, columns,
 * kind). `a_b` on (`c`) and `a` on (`b_c`) would look the same, so it ends in a hash of the parts.
 *
 * @example derivedName('check', 'invoice', ['status']) // 'invoice_status_check_5f58a102c87f'
 */
export function derivedName(kind: DerivedKind, table: Identifier, columns: readonly Identifier[]): Identifier {
  // No name contains a dot, so the joined text is unambiguous.
  const hash = createHash('sha256')
    .update([kind, table, ...columns].join('.'))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  const ending = `_${kind}_${hash}`;
  const readable = [table, ...columns].join('_');
  return (beginning(readable, MAX_IDENTIFIER_BYTES - ending.length) + ending) as Identifier;
}

/** As many whole characters as fit. */
function beginning(text: string, maxBytes: number): string {
  let kept = '';
  let lengthBytes = 0;
  for (const character of text) {
    lengthBytes += Buffer.byteLength(character, 'utf8');
    if (lengthBytes > maxBytes) break;
    kept += character;
  }
  return kept;
}

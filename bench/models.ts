// What every entry is asked to build: models as data, which each turns into the calls of its own API.

/** A model, as tenant-ddl takes it. Written out here, so that no peer depends on our types. */
export interface Model {
  readonly table: string;
  readonly comment?: string;
  readonly fields: readonly Field[];
  readonly indexes?: readonly Index[];
  readonly foreignKeys?: readonly ForeignKey[];
}

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable?: boolean;
  readonly unique?: boolean;
  readonly primaryKey?: boolean;
  readonly default?: unknown;
  readonly references?: { schema: string; table: string; column: string; onDelete: OnDelete };
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly values?: readonly string[];
  readonly comment?: string;
}

export interface Index {
  readonly columns: readonly string[];
  readonly unique?: boolean;
  readonly name?: string;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly references: { schema: string; table: string; columns: readonly string[]; onDelete: OnDelete };
}

export type OnDelete = 'CASCADE' | 'SET NULL' | 'RESTRICT';

const SQL_TYPES = {
  String: 'varchar',
  Text: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Float: 'double precision',
  Decimal: 'numeric',
  Boolean: 'boolean',
  DateTime: 'timestamptz',
  Date: 'date',
  Time: 'time',
  Json: 'jsonb',
  Uuid: 'uuid',
  Bytes: 'bytea',
  Enum: 'text',
} as const;

export type FieldType = keyof typeof SQL_TYPES;

/** The workload W1: all seven basic types, three defaults, four NOT NULL, a key, a unique, a foreign key. */
export function modelsToProvision(org: string, count: number): Model[] {
  return Array.from({ length: count }, (_, at) => ({
    table: tableName(at),
    fields: [
      { name: 'id', type: 'String', primaryKey: true },
      { name: 'code', type: 'String', nullable: false, unique: true },
      { name: 'title', type: 'Text', nullable: false },
      { name: 'quantity', type: 'Int', nullable: false, default: 1 },
      { name: 'amount', type: 'Float', default: 0 },
      { name: 'active', type: 'Boolean', nullable: false, default: true },
      { name: 'due_at', type: 'DateTime' },
      { name: 'details', type: 'Json' },
      { name: 'notes', type: 'Text' },
      {
        name: 'previous_id',
        type: 'String',
        ...(at > 0 && {
          references: { schema: org, table: tableName(at - 1), column: 'id', onDelete: 'CASCADE' as const },
        }),
      },
    ],
  }));
}

export function tableName(at: number): string {
  return `invoice_${at}`;
}

/** The workloads W2, W3 and W4: the one column that is added, and dropped again. */
export const COLUMN = { name: 'added', type: 'String', length: 100, default: 'draft' } as const satisfies Field;

/** Its type, as the catalog has it. */
export const COLUMN_TYPE = 'character varying(100)';

export function sqlType({ type, length, precision, scale }: Field): string {
  if (type === 'String') return `varchar(${length ?? 100})`;
  if (type === 'Decimal' && precision !== undefined) return `numeric(${precision}, ${scale ?? 0})`;
  return SQL_TYPES[type];
}

/** A default as an SQL expression. */
export function sqlDefault({ type, default: value }: Field): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (type === 'Json') return sqlText(JSON.stringify(value));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return sqlText(value);
  const { fn, base64 } = value as { fn?: 'now' | 'uuid'; base64?: string };
  if (base64 !== undefined) return `decode(${sqlText(base64)}, 'base64')`;
  return fn === 'now' ? 'now()' : 'gen_random_uuid()';
}

export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function keyOf({ fields }: Model): readonly string[] {
  const said = fields.filter(({ primaryKey }) => primaryKey === true);
  const key = said.length > 0 ? said : fields.filter(({ name, primaryKey }) => name === 'id' && primaryKey !== false);
  return key.map(({ name }) => name);
}

export function isNotNull(model: Model, field: Field): boolean {
  return field.nullable === false || keyOf(model).includes(field.name);
}

export function sqlCheck({ name, values }: Field): string | undefined {
  return values && `"${name}" in (${values.map(sqlText).join(', ')})`;
}

/** The keys that a table can bring along, and those that have to wait for a table further down. */
export interface Arranged {
  readonly model: Model;
  readonly keys: readonly ForeignKey[];
  readonly laterKeys: readonly ForeignKey[];
}

export function arranged(models: readonly Model[]): Arranged[] {
  const created = new Set<string>();
  return models.map((model) => {
    created.add(model.table);
    const ofFields = model.fields.flatMap(({ name, references }) => {
      if (references === undefined) return [];
      const { column, ...target } = references;
      return [{ columns: [name], references: { ...target, columns: [column] } }];
    });
    const keys = [...ofFields, ...(model.foreignKeys ?? [])];
    return {
      model,
      keys: keys.filter(({ references }) => created.has(references.table)),
      laterKeys: keys.filter(({ references }) => !created.has(references.table)),
    };
  });
}

/** Constraint and index names: short, and different within a schema. */
export function constraintName(table: string, columns: readonly string[], kind: string): string {
  const name = [table, ...columns, kind].join('_');
  if (name.length <= 63) return name;
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `${name.slice(0, 50)}_${hash.toString(36)}`;
}

export function indexName(table: string, { columns, unique }: Index): string {
  return constraintName(table, columns, unique === true ? 'unique' : 'index');
}

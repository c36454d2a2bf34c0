import type { Extra } from '../spec/extra';

/** The catalog rows of schemas as {@link schemasQuery} returns them: columns and types by number, not yet interpreted. */
export interface TableFacts {
  readonly name: string;
  /** pg_class.relkind. */
  readonly kind: string;
  readonly isPartition: boolean;
  readonly words: readonly string[];
  readonly columns: readonly ColumnFacts[];
  readonly constraints: readonly ConstraintFacts[];
  readonly indexes: readonly IndexFacts[];
  readonly parts: readonly Extra[];
  /** By the number of the column; 0 is the table. */
  readonly comments: ReadonlyMap<number, string>;
}

export interface ColumnFacts {
  readonly number: number;
  readonly name: string;
  /** As `format_type` names it; in double quotes where it is none of PostgreSQL's own. */
  readonly type: string;
  readonly modifier: number;
  readonly isNotNull: boolean;
  /** pg_attribute.attidentity and attgenerated. */
  readonly identity: string;
  readonly generated: string;
  readonly collation: string;
  readonly default: string | null;
  /** The sequences in the default. */
  readonly sequences: string | null;
  readonly words: readonly string[];
}

export interface ConstraintFacts {
  readonly name: string;
  /** pg_constraint.contype. */
  readonly type: string;
  readonly columns: readonly number[];
  readonly words: readonly string[];
  readonly references: ReferenceFacts | null;
  /** Of a check; null where it could not be read. */
  readonly check: string | null;
}

export interface ReferenceFacts {
  /** Null for the tenant's own, whose columns are numbers of that table. */
  readonly schema: string | null;
  readonly table: string;
  readonly columns: readonly (number | string)[];
  /** pg_constraint.confdeltype, confupdtype and confmatchtype. */
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly match: string;
}

export interface IndexFacts {
  readonly name: string;
  readonly method: string;
  readonly isUnique: boolean;
  readonly isValid: boolean;
  /** The key columns, then the included ones; 0 for an expression. */
  readonly columns: readonly number[];
  readonly keyColumns: number;
  /** pg_index.indoption: 1 descending, 2 nulls first. */
  readonly options: readonly number[];
  /** The operator classes and collations, those that are not the column's default; `''` for it. */
  readonly classes: readonly string[];
  readonly collations: readonly string[];
  readonly words: readonly string[];
  /** What it is over that is no column, and the condition of its rows; null where there is none, or it could not be read. */
  readonly expressions: string | null;
  readonly condition: string | null;
}

/** One schema. */
export interface SchemaFacts {
  readonly oid: string;
  readonly name: string;
  readonly tables: readonly TableFacts[];
  readonly objects: readonly Extra[];
  /** Whether another session is changing it. */
  readonly isChanging: boolean;
  /** Equal for schemas that differ only in their names. */
  readonly shape: string;
}

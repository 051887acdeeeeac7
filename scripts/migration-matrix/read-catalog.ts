import { type RawBuilder, sql } from "kysely";
import type { OpenDatabase } from "../../src/store/open-database.ts";

type Engine = OpenDatabase["engine"];

interface IndexRow {
  readonly table: string;
  readonly index: string;
  readonly column: string;
  readonly unique: number | boolean;
}

interface ReferenceRow {
  readonly table: string;
  readonly column: string;
  readonly target: string;
  readonly rule: string;
}

/** One row per column of an index, in the index's order; primary keys are unique indexes. */
const INDEX_COLUMNS: Readonly<Record<Engine, RawBuilder<IndexRow>>> = {
  sqlite: sql`select m.name as "table", l.name as "index", i.name as "column", l."unique" as "unique"
    from sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) i where m.type = 'table' order by 1, 2, i.seqno`,
  postgres: sql`select t.relname as "table", c.relname as "index", a.attname as "column", i.indisunique as "unique"
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    cross join lateral unnest(i.indkey) with ordinality k (attnum, place)
    join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
    where t.relnamespace = current_schema()::regnamespace order by 1, 2, k.place`,
  mysql: sql`select table_name as \`table\`, index_name as \`index\`, column_name as \`column\`, 1 - non_unique as \`unique\`
    from information_schema.statistics where table_schema = database() order by table_name, index_name, seq_in_index`,
};

const REFERENCE_ROWS: Readonly<Record<Engine, RawBuilder<ReferenceRow>>> = {
  sqlite: sql`select m.name as "table", f."from" as "column", f."table" as target, f.on_delete as rule
    from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'`,
  postgres: sql`select t.relname as "table", a.attname as "column", r.relname as target,
    case c.confdeltype when 'c' then 'CASCADE' else 'NO ACTION' end as rule
    from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class r on r.oid = c.confrelid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.connamespace = current_schema()::regnamespace`,
  mysql: sql`select k.table_name as \`table\`, k.column_name as \`column\`, k.referenced_table_name as target, r.delete_rule as rule
    from information_schema.key_column_usage k join information_schema.referential_constraints r
    on r.constraint_schema = k.table_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name
    where k.table_schema = database() and k.referenced_table_name is not null`,
};

export interface Indexes {
  readonly unique: ReadonlySet<string>;
  readonly any: ReadonlySet<string>;
}

/** Indexes as `table(column, column)`. */
export async function readIndexes({ db, engine }: OpenDatabase): Promise<Indexes> {
  const { rows } = await INDEX_COLUMNS[engine].execute(db);
  const indexes = Map.groupBy(rows, ({ table, index }) => `${table} ${index}`);
  const described = [...indexes.values()].map((columns) => ({
    text: `${columns[0]?.table}(${columns.map(({ column }) => column).join(", ")})`,
    unique: Boolean(Number(columns[0]?.unique)),
  }));
  return {
    unique: new Set(described.filter(({ unique }) => unique).map(({ text }) => text)),
    any: new Set(described.map(({ text }) => text)),
  };
}

/** References as `table(column) to table`, and `, goes with it` where that is so. */
export async function readReferences({ db, engine }: OpenDatabase): Promise<readonly string[]> {
  const { rows } = await REFERENCE_ROWS[engine].execute(db);
  return rows
    .map(({ table, column, target, rule }) => `${table}(${column}) to ${target}${rule === "CASCADE" ? ", goes with it" : ""}`)
    .sort();
}

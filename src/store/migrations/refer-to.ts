import type { CreateTableBuilder } from "kysely";

/**
 * A foreign key to a table's id, for `$call`. It is a constraint of the table, since MySQL reads `references` on a
 * column and forgets it. `name` is unique in the database, as MySQL wants it.
 */
export function referTo(name: string, column: string, table: string, onDelete: "cascade" | "no action" = "no action") {
  return <B extends CreateTableBuilder<string, string>>(builder: B): B =>
    builder.addForeignKeyConstraint(name, [column as never], table, ["id"], (key) => key.onDelete(onDelete)) as B;
}

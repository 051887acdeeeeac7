import type { Kysely, Transaction } from "kysely";
import { retryTransaction } from "../../../store/retry-transaction.ts";
import type { Schema } from "../../../store/schema.ts";
import { DOCUMENTS } from "./seed/seed-documents.ts";
import { RECORDS } from "./seed/seed-records.ts";
import { TEMPLATE_VARIABLE_VALUES, TEMPLATE_VARIABLES } from "./seed/seed-template-variables.ts";

/**
 * Fills the `content` tables with an example site, in one transaction.
 *
 * Does nothing where there is a document already: what an owner has changed or removed stays so.
 */
export async function seedContent(db: Kysely<Schema>): Promise<void> {
  await retryTransaction(db, async (tx) => {
    const document = await tx.selectFrom("content_document").select("id").limit(1).executeTakeFirst();
    if (document === undefined) await insertAll(tx);
  });
}

async function insertAll(tx: Transaction<Schema>): Promise<void> {
  await tx.insertInto("content_document").values(DOCUMENTS).execute();
  await tx.insertInto("content_tmplvar").values(TEMPLATE_VARIABLES).execute();
  await tx.insertInto("content_tmplvar_value").values(TEMPLATE_VARIABLE_VALUES).execute();
  for (const table of Object.keys(RECORDS) as (keyof typeof RECORDS)[]) {
    await tx.insertInto(table).values(RECORDS[table]).execute();
  }
}

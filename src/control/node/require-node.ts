import type { Transaction } from "kysely";
import type { Backing } from "../../api/server-definition.ts";
import type { Schema } from "../../store/schema.ts";
import { lockRows } from "../change/lock-rows.ts";
import { nodeUnknown } from "./node.ts";

/** Throws `not_found`/`NODE_UNKNOWN` where the backing is on a node that there is not; one that there is stays until the transaction ends. */
export async function requireNode(tx: Transaction<Schema>, backing: Backing): Promise<void> {
  if (backing.kind !== "component") return;
  await lockRows(tx, "nodes", "name", [backing.node]);
  const row = await tx.selectFrom("nodes").select("id").where("name", "=", backing.node).executeTakeFirst();
  if (row === undefined) throw nodeUnknown(backing.node);
}

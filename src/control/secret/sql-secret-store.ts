import type { Kysely, Selectable, Transaction } from "kysely";
import { backingSchema } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Schema, SecretTable } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { lockRows, requireUpdated } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { secretsOf } from "../server/server.ts";
import { type Secret, type SecretDetails, secretUnknown } from "./secret.ts";
import type { SecretChange, SecretStore } from "./secret-store.ts";

const COLUMNS = ["id", "name", "description", "version", "created_at", "updated_at"] as const;
const SORT_COLUMN = { name: "name", createdAt: "created_at" } as const;

type Row = Selectable<Omit<SecretTable, "ciphertext">>;

export function sqlSecretStore(db: Kysely<Schema>, changes: ChangeLog): SecretStore {
  return {
    insert: (secret, ciphertext, event) =>
      changes.commit(async (tx) => {
        await insertRow(tx, secret, ciphertext);
        return { result: { ...secret, usedBy: [] }, change: { event, touched: [{ kind: "secrets", ref: secret.id }] } };
      }),
    byId: (id) => secretBy(db, "id", id),
    byName: (name) => secretBy(db, "name", name),
    async page({ name }, request) {
      const all = db.selectFrom("secrets").select(COLUMNS);
      const query = name === undefined ? all : all.where("name", "=", name);
      const rows = await pageQuery(query, request, { sort: SORT_COLUMN[request.sort.field], id: "id", name: "name" }).execute();
      const value = (secret: Secret) => (request.sort.field === "name" ? secret.name : secret.createdAt.toISOString());
      return cutPage(await withUsers(db, rows), request.limit, (secret) => ({ value: value(secret), id: secret.id }));
    },
    change: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "secrets", "id", [id]);
        const current = await requireSecret(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        await writeChange(tx, current, change);
        return { result: await requireSecret(tx, id), change: { event: change.event, touched: [{ kind: "secrets", ref: id }] } };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        await lockRows(tx, "secrets", "id", [id]);
        const event = plan(await requireSecret(tx, id));
        await tx.deleteFrom("secrets").where("id", "=", id).execute();
        return { result: undefined, change: { event, touched: [{ kind: "secrets", ref: id }] } };
      }),
    async sealed(names) {
      if (names.length === 0) return [];
      return db.selectFrom("secrets").select(["id", "name", "ciphertext"]).where("name", "in", names).orderBy("name").execute();
    },
  };
}

async function insertRow(tx: Transaction<Schema>, secret: Secret, ciphertext: string): Promise<void> {
  const { id, name, description, version } = secret;
  const [created_at, updated_at] = [secret.createdAt.toISOString(), secret.updatedAt.toISOString()];
  try {
    await tx.insertInto("secrets").values({ id, name, description, ciphertext, version, created_at, updated_at }).execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "SECRET_NAME_TAKEN", `There is a secret ${name} already`);
    throw thrown;
  }
}

async function writeChange(tx: Transaction<Schema>, current: Secret, { description, ciphertext, event }: SecretChange): Promise<void> {
  const updated = await tx
    .updateTable("secrets")
    .set({
      ...(description === undefined ? {} : { description }),
      ...(ciphertext === undefined ? {} : { ciphertext }),
      version: current.version + 1,
      updated_at: event.at,
    })
    .where("id", "=", current.id)
    .where("version", "=", current.version)
    .executeTakeFirst();
  requireUpdated(updated);
}

async function requireSecret(tx: Transaction<Schema>, id: string): Promise<SecretDetails> {
  const secret = await secretBy(tx, "id", id);
  if (secret === undefined) throw secretUnknown(id);
  return secret;
}

async function secretBy(db: Kysely<Schema>, column: "id" | "name", value: string): Promise<SecretDetails | undefined> {
  const rows = await db.selectFrom("secrets").select(COLUMNS).where(column, "=", value).execute();
  return (await withUsers(db, rows))[0];
}

/** Which servers name which secret stands in their backings alone. */
async function withUsers(db: Kysely<Schema>, rows: readonly Row[]): Promise<SecretDetails[]> {
  if (rows.length === 0) return [];
  const naming = db.selectFrom("servers").select(["handle", "backing"]).where("backing", "like", '%"secret%').orderBy("handle");
  const users = (await naming.execute()).map(({ handle, backing }) => ({
    handle,
    secrets: new Set(secretsOf(backingSchema.parse(JSON.parse(backing)))),
  }));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    usedBy: users.filter(({ secrets }) => secrets.has(row.name)).map(({ handle }) => handle),
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }));
}

import { expect, test } from "bun:test";
import { type Kysely, sql } from "kysely";
import type { WithDatabase } from "./databases.fixture.ts";
import { isForeignKeyViolation } from "./foreign-key-violation.ts";
import type { Schema } from "./schema.ts";
import { isUniqueViolation } from "./unique-violation.ts";

const AT = "2026-01-02T03:04:05.678Z";
const VERSIONED = { version: 1, created_at: AT, updated_at: AT };

function user(id: string, username: string, email: string | null = null) {
  return { id, username, email, password_hash: null, roles: "[]", disabled: 0, ...VERSIONED } as const;
}

const insertUsers = (db: Kysely<Schema>, ...names: readonly string[]) =>
  db
    .insertInto("users")
    .values(names.map((name, index) => user(`usr_${index}`, name)))
    .execute();

const insertGroup = (db: Kysely<Schema>, id: string, description: string) =>
  db
    .insertInto("user_groups")
    .values({ id, name: id, description, ...VERSIONED })
    .execute();

const refused = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

/** What queries of ours may take for granted, whichever engine runs them. */
export function engineContract(engine: string, withDatabase: WithDatabase): void {
  textContract(engine, withDatabase);
  numberContract(engine, withDatabase);
  constraintContract(engine, withDatabase);
  transactionContract(engine, withDatabase);
}

function textContract(engine: string, withDatabase: WithDatabase): void {
  test(`${engine}: text sorts by its bytes, up and down, also beyond a bound`, () =>
    withDatabase(async (db) => {
      const names = ["-", "1", "10", "2", "Z", "_", "a", "a ", "a-b", "aa", "a_b", "b", "é", "z", "😀", "ﬀ"];
      const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      await insertUsers(db, ...names);
      const query = db.selectFrom("users").select("username");
      const read = async (rows: Promise<readonly { username: string }[]>) => (await rows).map(({ username }) => username);
      expect(await read(query.orderBy("username").execute())).toEqual(sorted);
      expect(await read(query.orderBy("username", "desc").execute())).toEqual(sorted.toReversed());
      expect(await read(query.where("username", ">", "a").orderBy("username").execute())).toEqual(sorted.slice(sorted.indexOf("a") + 1));
    }));

  test(`${engine}: names that differ in case, accent, form or trailing spaces are different names`, () =>
    withDatabase(async (db) => {
      const names = ["ann", "Ann", "ANN", "ánn", "ann ", "ann  ", "a\u0301nn", "straße", "strasse"];
      await insertUsers(db, ...names);
      for (const name of names) {
        const rows = await db.selectFrom("users").select("username").where("username", "=", name).execute();
        expect(rows).toEqual([{ username: name }]);
      }
      const grouped = await db.selectFrom("users").select("username").distinct().execute();
      expect(grouped).toHaveLength(names.length);
    }));

  test(`${engine}: text comes back as it was written, whatever is in it`, () =>
    withDatabase(async (db) => {
      const texts = [
        "",
        " both ends ",
        "😀 👩‍👩‍👧 𝒳",
        "a\\b'c\"d`e%f_g",
        "line\r\nline\ttab",
        "'; drop table users; --",
        "\u0001\u007f\uffff",
      ];
      for (const [index, text] of texts.entries()) await insertGroup(db, `grp_${index}`, text);
      const rows = await db.selectFrom("user_groups").select("description").orderBy("id").execute();
      expect(rows.map(({ description }) => description)).toEqual(texts);
    }));

  test(`${engine}: a long text has room for a megabyte`, () =>
    withDatabase(async (db) => {
      const ciphertext = "é".repeat(600_000);
      await db
        .insertInto("secrets")
        .values({ id: "sec_1", name: "long", description: "", ciphertext, ...VERSIONED })
        .execute();
      const row = await db.selectFrom("secrets").select("ciphertext").executeTakeFirstOrThrow();
      expect(row.ciphertext === ciphertext).toBe(true);
    }));

  test(`${engine}: two bars join texts`, () =>
    withDatabase(async (db) => {
      await insertUsers(db, "ann");
      const { rows } = await sql<{ joined: string }>`select ${"u/"} || username as joined from users`.execute(db);
      expect(rows).toEqual([{ joined: "u/ann" }]);
    }));
}

function numberContract(engine: string, withDatabase: WithDatabase): void {
  test(`${engine}: whole numbers of up to 53 bits are exact, and come as numbers`, () =>
    withDatabase(async (db) => {
      for (const revision of [0, -1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
        await db.updateTable("feed").set({ revision }).execute();
        const row = await db.selectFrom("feed").select("revision").where("revision", "=", revision).executeTakeFirst();
        expect(row).toEqual({ revision });
      }
    }));

  test(`${engine}: counts and sums come as numbers`, () =>
    withDatabase(async (db) => {
      await insertUsers(db, "a", "b");
      const query = db
        .selectFrom("users")
        .select(({ fn }) => [fn.countAll<number>().as("count"), fn.sum<number>("version").as("sum"), fn.max("version").as("max")]);
      expect(await query.execute()).toEqual([{ count: 2, sum: 2, max: 1 }]);
    }));

  test(`${engine}: a change tells how many rows it met, also where it left them as they were`, () =>
    withDatabase(async (db) => {
      await insertUsers(db, "a", "b");
      const set = (name: string) => db.updateTable("users").set({ disabled: 0 }).where("username", "=", name).executeTakeFirst();
      expect(Number((await set("a")).numUpdatedRows)).toBe(1);
      expect(Number((await set("c")).numUpdatedRows)).toBe(0);
      expect(Number((await db.deleteFrom("users").executeTakeFirst()).numDeletedRows)).toBe(2);
    }));
}

function constraintContract(engine: string, withDatabase: WithDatabase): void {
  test(`${engine}: a value that is taken is told as such, also a primary key, and nothing else is`, () =>
    withDatabase(async (db) => {
      await insertUsers(db, "ann");
      const add = (row: ReturnType<typeof user>) => refused(db.insertInto("users").values(row).execute());
      expect(isUniqueViolation(await add(user("usr_9", "ann")))).toBe(true);
      expect(isUniqueViolation(await add(user("usr_0", "bob")))).toBe(true);
      const others = [await add({ ...user("usr_9", "bob"), roles: null as never }), await refused(sql`select nonsense`.execute(db))];
      for (const thrown of others) {
        expect(thrown).toBeInstanceOf(Error);
        expect(isUniqueViolation(thrown)).toBe(false);
      }
    }));

  test(`${engine}: any number of rows may have no value where values are unique`, () =>
    withDatabase(async (db) => {
      await insertUsers(db, "a", "b", "c");
      await db.updateTable("users").set({ email: "a@x" }).where("username", "=", "a").execute();
      const again = db.updateTable("users").set({ email: "a@x" }).where("username", "=", "b").execute();
      expect(isUniqueViolation(await refused(again))).toBe(true);
    }));

  test(`${engine}: what belongs to a row goes with it, and what others refer to stays`, () =>
    withDatabase(async (db) => {
      await insertUsers(db, "ann");
      await db
        .insertInto("projects")
        .values({ id: "prj_1", name: "demo", description: "", owner_id: "usr_0", ...VERSIONED })
        .execute();
      await insertGroup(db, "grp_1", "");
      await db.insertInto("user_group_members").values({ group_id: "grp_1", user_id: "usr_0" }).execute();
      expect(isForeignKeyViolation(await refused(db.deleteFrom("users").execute()))).toBe(true);
      await db.deleteFrom("projects").execute();
      await db.deleteFrom("users").execute();
      expect(await db.selectFrom("user_group_members").selectAll().execute()).toEqual([]);
    }));

  test(`${engine}: a row that refers to none is refused`, () =>
    withDatabase(async (db) => {
      const thrown = await refused(db.insertInto("user_group_members").values({ group_id: "grp_1", user_id: "usr_1" }).execute());
      expect(isForeignKeyViolation(thrown)).toBe(true);
      expect(isUniqueViolation(thrown)).toBe(false);
    }));
}

function transactionContract(engine: string, withDatabase: WithDatabase): void {
  test(`${engine}: of a transaction that fails nothing stays`, () =>
    withDatabase(async (db) => {
      const failed = db.transaction().execute(async (tx) => {
        await insertUsers(tx, "ann");
        throw new Error("cut");
      });
      await expect(failed).rejects.toThrow("cut");
      expect(await db.selectFrom("users").selectAll().execute()).toEqual([]);
    }));

  test(`${engine}: a counter that many transactions raise at once counts them all, without a gap`, () =>
    withDatabase(async (db) => {
      const raise = () =>
        db.transaction().execute(async (tx) => {
          await tx
            .updateTable("feed")
            .set(({ eb }) => ({ revision: eb("revision", "+", 1) }))
            .execute();
          return (await tx.selectFrom("feed").select("revision").executeTakeFirstOrThrow()).revision;
        });
      const revisions = await Promise.all(Array.from({ length: 20 }, raise));
      expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    }));
}

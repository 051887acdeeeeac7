import { expect, test } from "bun:test";
import { Migrator } from "kysely/migration";
import { onEveryEngineEmpty } from "../databases.fixture.ts";
import { MIGRATIONS, migrateDown, migrateToLatest } from "../migrate.ts";
import { openDatabase } from "../open-database.ts";

const NAME = "0006-audit-moments";
const EVENT = { kind: "tool_call_trace", outcome: "ok", actor_kind: "user", actor_id: "usr_1", actor_name: "ada", hash: "0".repeat(64) };
const at = (ms: number) => new Date(Date.parse("2026-03-01T12:00:00.000Z") + ms).toISOString();
const EVENTS = [
  { ...EVENT, writer: "w", sequence: 1, at: at(0), token_name: "ci", token_sha: "a".repeat(64), user_name: "ada", project: "demo" },
  { ...EVENT, writer: "w", sequence: 2, at: at(50), token_name: "ci", token_sha: "a".repeat(64), user_name: "ada", project: "demo" },
  { ...EVENT, writer: "w", sequence: 3, at: at(120), user_name: "ada" },
  { ...EVENT, writer: "x", sequence: 1, at: at(0), user_name: "ada" },
  { ...EVENT, writer: "x", sequence: 2, at: at(0) },
];

onEveryEngineEmpty((engine, withUrl) =>
  test(`${engine}: events of the schema before are told of by moment, and are as they were when that goes again`, () =>
    withUrl(async (url) => {
      const { db } = await openDatabase(url);
      const names = Object.keys(MIGRATIONS);
      const before = Object.fromEntries(Object.entries(MIGRATIONS).slice(0, names.indexOf(NAME)));
      await new Migrator({ db, provider: { getMigrations: async () => before } }).migrateToLatest();
      await db
        .insertInto("audit_events")
        .values(EVENTS as never)
        .execute();
      await migrateToLatest(db);
      const moments = await db.selectFrom("audit_moments").selectAll().orderBy("field").orderBy("writer").orderBy("moment").execute();
      expect(moments.map(({ field, value, moment, writer }) => `${writer} ${field}=${value.slice(0, 4)} ${moment.slice(17)}`)).toEqual([
        "w project=demo 00.0",
        "w token_name=ci 00.0",
        "w token_sha=aaaa 00.0",
        "w user_name=ada 00.0",
        "w user_name=ada 00.1",
        "x user_name=ada 00.0",
      ]);
      await migrateDown(db, names.length - names.indexOf(NAME));
      const rows = await db.selectFrom("audit_events").select(["writer", "sequence"]).orderBy("writer").orderBy("sequence").execute();
      expect(rows.map(({ writer, sequence }) => `${writer}${sequence}`)).toEqual(["w1", "w2", "w3", "x1", "x2"]);
      await migrateToLatest(db);
      expect(await db.selectFrom("audit_moments").selectAll().execute()).toHaveLength(6);
      await db.destroy();
    })),
);

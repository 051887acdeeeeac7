import { expect, test } from "bun:test";
import { join } from "node:path";
import { migrateToLatest } from "../../src/store/migrate.ts";
import { openDatabase } from "../../src/store/open-database.ts";
import { createDatabase, dropDatabase, TEST_SERVERS, type TestServer, urlOf } from "../../src/store/server-databases.fixture.ts";
import { requires } from "../support/requires.ts";
import { type ProgramResult, runProgram } from "../support/run-program.ts";

const ROOT = join(import.meta.dirname, "../..");
const NONE = { EVO_DB_HOST: undefined, EVO_DB_PORT: undefined, EVO_DB_USER: undefined, EVO_DB_PASSWORD: undefined, EVO_DB_NAME: undefined };

type Environment = Readonly<Record<string, string | undefined>>;

function check(args: readonly string[], environment: Environment = {}): Promise<ProgramResult> {
  return runProgram(["scripts/migration_matrix_check.sh", ...args], { cwd: ROOT, env: { ...NONE, ...environment } });
}

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);

function environmentOf(url: string): Environment {
  const { hostname, port, username, password, pathname } = new URL(url);
  const [user, secret, name] = [username, password, pathname.slice(1)].map(decodeURIComponent);
  return { EVO_DB_HOST: hostname, EVO_DB_PORT: port, EVO_DB_USER: user, EVO_DB_PASSWORD: secret, EVO_DB_NAME: name };
}

async function withDatabase(server: TestServer, run: (url: string) => Promise<void>): Promise<void> {
  const url = await createDatabase(server);
  try {
    await run(url);
  } finally {
    await dropDatabase(server, url);
  }
}

test("the migration matrix passes on SQLite, which needs nothing", async () => {
  const result = await check(["sqlite"]);
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  expect(lastLine(result.stdout)).toBe("[migration-matrix] PASS for driver=sqlite");
});

for (const server of TEST_SERVERS) {
  const driver = { postgres: "pgsql", mysql: "mysql" }[server.engine];
  const testOnServer = requires(urlOf(server) !== undefined, `${server.variable} names no server`);

  testOnServer(`the migration matrix passes on ${server.title}, and leaves the database as empty as it was`, () =>
    withDatabase(server, async (url) => {
      for (const _ of [1, 2]) {
        const result = await check([driver], environmentOf(url));
        expect(result).toMatchObject({ exitCode: 0, stderr: "" });
        expect(result.stdout.match(/^\[migration-matrix\] (up|down|up again): /gm)).toHaveLength(4);
        expect(lastLine(result.stdout)).toBe(`[migration-matrix] PASS for driver=${driver}`);
      }
      const { db } = await openDatabase(url);
      expect(await db.introspection.getTables({ withInternalKyselyTables: true })).toEqual([]);
      await db.destroy();
    }),
  );

  testOnServer(`the migration matrix leaves a ${server.title} database that is in use alone`, () =>
    withDatabase(server, async (url) => {
      const { db } = await openDatabase(url);
      await migrateToLatest(db);
      await db.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
      const result = await check([driver], environmentOf(url));
      expect(result).toMatchObject({ exitCode: 1, stdout: "" });
      expect(result.stderr).toContain(`[migration-matrix] FAIL for driver=${driver}: the database is not empty`);
      expect(await db.selectFrom("content_category").selectAll().execute()).toEqual([{ id: 1, category: "kept" }]);
      await db.destroy();
    }),
  );

  test(`the migration matrix says that a ${server.title} server cannot be reached, and starts none`, async () => {
    const nowhere = { EVO_DB_HOST: "127.0.0.1", EVO_DB_PORT: "1", EVO_DB_USER: "ann", EVO_DB_PASSWORD: "s3cret", EVO_DB_NAME: "things" };
    const result = await check([driver], nowhere);
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).toContain(`[migration-matrix] FAIL for driver=${driver}: Cannot open the`);
    expect(result.stderr).toContain("127.0.0.1:1");
    expect(result.stderr).not.toContain("s3cret");
  });

  test(`the migration matrix says what ${server.title} needs`, async () => {
    const result = await check([driver], { EVO_DB_HOST: "127.0.0.1" });
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(result.stderr).toContain("EVO_DB_USER, EVO_DB_NAME are not set");
  });
}

test.each([[[]], [["oracle"]], [["sqlite", "mysql"]], [["toString"]]])("the migration matrix shows how it is used for %j", async (args) => {
  const result = await check(args);
  expect(result).toMatchObject({ exitCode: 2, stdout: "", stderr: "Usage: scripts/migration_matrix_check.sh sqlite|mysql|pgsql\n" });
});

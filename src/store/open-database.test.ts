import { expect, test } from "bun:test";
import { sql } from "kysely";
import { requires } from "../../test/support/requires.ts";
import { onEveryEngineEmpty, onServers } from "./databases.fixture.ts";
import { migrateToLatest } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";

const PASSWORD = "s3cret-word";

/** What opening it throws. */
async function refusal(url: string): Promise<Error> {
  const opened = await openDatabase(url).catch((thrown: unknown) => thrown);
  if (opened instanceof Error) return opened;
  await (opened as Awaited<ReturnType<typeof openDatabase>>).db.destroy();
  throw new Error("it was opened");
}

function changed(url: string, parts: Partial<Pick<URL, "username" | "password" | "pathname" | "search">>): string {
  return Object.assign(new URL(url), parts).href;
}

const unreachable = (message: string) => ({
  code: "unavailable",
  reason: "DATABASE_UNREACHABLE",
  message: expect.stringContaining(message),
  hint: expect.any(String),
});

for (const scheme of ["postgres", "mysql"]) {
  test(`${scheme}: a server that is not there is named, and the password is not`, async () => {
    const error = await refusal(`${scheme}://ann:${PASSWORD}@127.0.0.1:1/things`);
    expect(error).toMatchObject(unreachable('database "things" on 127.0.0.1:1 as ann: connect ECONNREFUSED'));
    expect(Bun.inspect(error)).not.toContain(PASSWORD);
  });

  test(`${scheme}: a server that takes the connection and says nothing is given up in time`, async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const error = await refusal(`${scheme}://ann:${PASSWORD}@127.0.0.1:${silent.port}/things?connect_timeout=1`);
    expect(error).toMatchObject(unreachable(`on 127.0.0.1:${silent.port}`));
    silent.stop(true);
  });

  test(`${scheme}: a file of authorities that is not there is named`, async () => {
    const error = await refusal(`${scheme}://ann:${PASSWORD}@127.0.0.1:1/things?sslmode=verify-full&sslrootcert=/nowhere/ca.pem`);
    expect(error).toMatchObject({ code: "invalid", reason: "DATABASE_CA_UNREADABLE", message: expect.stringContaining("/nowhere/ca.pem") });
  });
}

onEveryEngineEmpty((engine, withUrl) => {
  test(`${engine}: what was written is there when it is opened again, by the same URL`, () =>
    withUrl(async (url) => {
      const first = await openDatabase(url);
      await migrateToLatest(first.db);
      await first.db.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
      await first.db.destroy();
      const again = await openDatabase(url);
      expect(again.engine).toBe(({ SQLite: "sqlite", Postgres: "postgres", MariaDB: "mysql" } as const)[engine as "SQLite"]);
      expect(await again.db.selectFrom("content_category").selectAll().execute()).toEqual([{ id: 1, category: "kept" }]);
      await again.db.destroy();
    }));
});

onServers((engine, withServer) => {
  test(`${engine}: a refused login and a database that is not there are told apart, and the password is not repeated`, () =>
    withServer(async (_, url) => {
      const login = await refusal(changed(url, { password: PASSWORD }));
      expect(login).toMatchObject(unreachable("it refuses the user's login"));
      expect(Bun.inspect(login)).not.toContain(PASSWORD);
      expect(await refusal(changed(url, { pathname: "/mcpctl_none" }))).toMatchObject(unreachable("the server has no such database"));
    }));

  test(`${engine}: a connection that the server has cut is replaced, whether it was idle or in use`, () =>
    withServer(async (killer, url) => {
      const { db } = await openDatabase(changed(url, { search: "?pool_size=1" }));
      const me = engine === "Postgres" ? sql`pg_backend_pid()` : sql`connection_id()`;
      const idOf = async () => (await sql<{ id: number }>`select ${me} as id`.execute(db)).rows[0]?.id ?? 0;
      const kill = (id: number) =>
        (engine === "Postgres" ? sql`select pg_terminate_backend(${id})` : sql`kill ${sql.lit(id)}`).execute(killer);
      const first = await idOf();
      await kill(first);
      const second = await untilSomething(idOf);
      expect(second).not.toBe(first);
      const cut = db.transaction().execute(async (tx) => {
        await kill(second);
        await sql`select 1`.execute(tx);
      });
      await expect(cut).rejects.toThrow();
      expect(await untilSomething(idOf)).not.toBe(second);
      await db.destroy();
    }));

  test(`${engine}: never more connections than the URL allows, and whoever comes later waits`, () =>
    withServer(async (_, url) => {
      const { db } = await openDatabase(changed(url, { search: "?pool_size=2" }));
      const me = engine === "Postgres" ? sql`pg_backend_pid()` : sql`connection_id()`;
      const ids = await Promise.all(
        Array.from({ length: 20 }, async () => (await sql<{ id: number }>`select ${me} as id`.execute(db)).rows[0]?.id),
      );
      expect(ids).toHaveLength(20);
      expect(new Set(ids).size).toBeLessThanOrEqual(2);
      await db.destroy();
    }));

  test(`${engine}: a statement that fails does not carry its values into the log`, () =>
    withServer(async (db) => {
      const row = {
        id: "usr_1",
        username: "ann",
        email: null,
        roles: "[]",
        disabled: 0,
        version: 1,
        created_at: "",
        updated_at: "",
      } as const;
      const insert = () =>
        db
          .insertInto("users")
          .values({ ...row, password_hash: PASSWORD })
          .execute();
      await insert();
      const thrown = await insert().catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(Error);
      expect(Bun.inspect(thrown)).not.toContain(PASSWORD);
    }));

  test(`${engine}: an object is refused or kept as text, never read as SQL`, () =>
    withServer(async (db) => {
      await db.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
      const query = db
        .selectFrom("content_category")
        .selectAll()
        .where("category", "=", { category: 1 } as never);
      expect(await query.execute().catch(() => [])).toEqual([]);
    }));
});

onServers(
  (engine, withServer) => {
    test(`${engine}: transactions are read committed and clocks in UTC, whatever the database says`, () =>
      withServer(async (killer, url) => {
        const name = sql.id(new URL(url).pathname.slice(1));
        await sql`alter database ${name} set timezone = 'Asia/Tokyo'`.execute(killer);
        await sql`alter database ${name} set default_transaction_isolation = 'serializable'`.execute(killer);
        const { db } = await openDatabase(url);
        const { rows } =
          await sql`select current_setting('timezone') as zone, current_setting('transaction_isolation') as isolation`.execute(db);
        expect(rows).toEqual([{ zone: "UTC", isolation: "read committed" }]);
        await db.destroy();
      }));

    test(`${engine}: a database that cannot hold every text is refused`, () =>
      withServer(async (db, url) => {
        const name = `${new URL(url).pathname.slice(1)}_latin`;
        await sql`create database ${sql.id(name)} template template0 encoding 'LATIN1' locale 'C'`.execute(db);
        expect(await refusal(changed(url, { pathname: `/${name}` }))).toMatchObject({
          code: "precondition",
          reason: "DATABASE_UNSUITABLE",
          message: expect.stringContaining("LATIN1"),
        });
        await sql`drop database ${sql.id(name)}`.execute(db);
      }));

    test(`${engine}: a user who has as many connections as are allowed is told so`, () =>
      withServer(async (db, url) => {
        const role = sql.id(`${new URL(url).pathname.slice(1)}_role`);
        await sql`create role ${role} login password 'p' connection limit 0`.execute(db);
        const guest = changed(url, { username: `${new URL(url).pathname.slice(1)}_role`, password: "p" });
        expect(await refusal(guest)).toMatchObject(unreachable("takes no more connections"));
        await sql`drop role ${role}`.execute(db);
      }));
  },
  ["Postgres"],
);

onServers(
  (engine, withServer) => {
    test(`${engine}: transactions are read committed, clocks in UTC and values never bent to fit`, () =>
      withServer(async (db) => {
        const { rows } = await sql<{ mode: string }>`select @@session.tx_isolation as isolation, @@session.time_zone as zone,
          @@session.sql_mode as mode`.execute(db);
        expect(rows).toMatchObject([{ isolation: "READ-COMMITTED", zone: "+00:00", mode: expect.stringContaining("STRICT_ALL_TABLES") }]);
        const long = db
          .insertInto("content_category")
          .values({ id: 1, category: "x".repeat(46) })
          .execute();
        await expect(long).rejects.toMatchObject({ code: "ER_DATA_TOO_LONG" });
      }));
  },
  ["MariaDB"],
);

/** The authority that has signed the servers' certificates, which are for `localhost`. */
const authority = process.env.MCPCTL_TEST_TLS_CA || undefined;
const withTls = requires(authority !== undefined, "MCPCTL_TEST_TLS_CA names no authority of the servers' certificates");

onServers((engine, withServer) => {
  withTls(`${engine}: sslmode decides whether the connection is encrypted, and what is asked of the server's certificate`, () =>
    withServer(async (_, url) => {
      const open = async (host: string, search: string) => {
        const { db } = await openDatabase(Object.assign(new URL(url), { hostname: host, search }).href);
        const { rows } = await (engine === "Postgres"
          ? sql<{ tls: string }>`select coalesce(version, '') as tls from pg_stat_ssl where pid = pg_backend_pid()`
          : sql<{ tls: string }>`select variable_value as tls from information_schema.session_status where variable_name = 'Ssl_version'`
        ).execute(db);
        await db.destroy();
        return rows[0]?.tls;
      };
      const trusting = `&sslrootcert=${encodeURIComponent(authority ?? "")}`;
      for (const plain of ["", "?sslmode=disable"]) expect(await open("127.0.0.1", plain)).toBe("");
      expect(await open("127.0.0.1", "?sslmode=require")).toStartWith("TLSv1");
      expect(await open("127.0.0.1", `?sslmode=verify-ca${trusting}`)).toStartWith("TLSv1");
      expect(await open("localhost", `?sslmode=verify-full${trusting}`)).toStartWith("TLSv1");
      const refused = { code: "unavailable", reason: "DATABASE_UNREACHABLE" };
      await expect(open("127.0.0.1", `?sslmode=verify-full${trusting}`)).rejects.toMatchObject(refused);
      for (const mode of ["verify-ca", "verify-full"]) await expect(open("localhost", `?sslmode=${mode}`)).rejects.toMatchObject(refused);
    }),
  );
});

/** The pool learns of a cut connection when the server's word arrives: asks until it gets an answer. */
async function untilSomething<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 5000;
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
    }
  }
}

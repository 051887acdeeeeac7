import { expect, test } from "bun:test";
import { type Kysely, sql } from "kysely";
import { onEveryEngine, onServers } from "../databases.fixture.ts";
import { notify } from "../notify.ts";
import { retryTransaction } from "../retry-transaction.ts";
import type { Schema } from "../schema.ts";
import { type ListenState, listenPostgres } from "./listen.ts";

const QUICK = { backoff: { firstMs: 1, maxMs: 20 }, heartbeatMs: 50 };
const CHANNEL = 'Odd "channel"';

/** A listener that writes down what it hears and how it stands. */
function start(url: string, channel = CHANNEL) {
  const payloads: string[] = [];
  const states: ListenState[] = [];
  const listening = listenPostgres(
    url,
    channel,
    (payload) => payloads.push(payload),
    (state) => states.push(state),
    QUICK,
  );
  const stood = (kind: ListenState["kind"]) => states.filter((state) => state.kind === kind).length;
  return { payloads, states, stood, listening };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come about in time");
    await Bun.sleep(1);
  }
}

const tell = (db: Kysely<Schema>, payload: string) => retryTransaction(db, (tx) => notify(tx, CHANNEL, payload));

const cutListeners = (db: Kysely<Schema>) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
    and (query like 'listen%' or query = 'select 1')`.execute(db);

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: telling others is part of a transaction and harms none, also where nobody can listen`, () =>
    withDatabase(async (db) => {
      await tell(db, "payload");
      await db.transaction().execute(async (tx) => {
        await notify(tx, CHANNEL, "payload");
        await tx.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
      });
      expect(await db.selectFrom("content_category").selectAll().execute()).toHaveLength(1);
    }));
});

onServers(
  (engine, withServer) => {
    test(`${engine}: what was told in a transaction is heard once it has committed, in order, and never where it has not`, () =>
      withServer(async (db, url) => {
        const { payloads, stood, listening } = start(url);
        await until(() => stood("listening") === 1);
        const failed = db.transaction().execute(async (tx) => {
          await notify(tx, CHANNEL, "never");
          throw new Error("cut");
        });
        await expect(failed).rejects.toThrow("cut");
        for (const payload of ["1", "2", "é😀'\"\\"]) await tell(db, payload);
        await retryTransaction(db, (tx) => notify(tx, "other", "not ours"));
        await tell(db, "last");
        await until(() => payloads.includes("last"));
        expect(payloads).toEqual(["1", "2", "é😀'\"\\", "last"]);
        await listening.stop();
      }));

    test(`${engine}: a listener whose connection is cut says so, and hears again over another`, () =>
      withServer(async (db, url) => {
        const { payloads, states, stood, listening } = start(url);
        for (const round of [1, 2, 3]) {
          await until(() => stood("listening") === round);
          await tell(db, `round ${round}`);
          await until(() => payloads.includes(`round ${round}`));
          await cutListeners(db);
          await until(() => stood("lost") === round);
        }
        await until(() => stood("listening") === 4);
        expect(states.map(({ kind }) => kind)).toEqual(["listening", "lost", "listening", "lost", "listening", "lost", "listening"]);
        expect(states[1]).toMatchObject({ cause: { code: "unavailable", reason: "DATABASE_UNREACHABLE" } });
        await listening.stop();
      }));

    test(`${engine}: after a stop nothing is heard, and no connection is left`, () =>
      withServer(async (db, url) => {
        const { payloads, states, stood, listening } = start(url);
        await until(() => stood("listening") === 1);
        await listening.stop();
        await tell(db, "late");
        const others = sql<{ count: number }>`select count(*) as count from pg_stat_activity
          where datname = current_database() and query like 'listen%'`;
        const deadline = performance.now() + 5000;
        while ((await others.execute(db)).rows[0]?.count !== 0) expect(performance.now()).toBeLessThan(deadline);
        expect(payloads).toEqual([]);
        expect(states.map(({ kind }) => kind)).toEqual(["listening"]);
      }));

    test(`${engine}: a connection that is open and silent counts as lost, since a dead network says nothing`, () =>
      withServer(async (_, url) => {
        const proxy = await silencableProxy(new URL(url));
        const through = Object.assign(new URL(url), { host: `127.0.0.1:${proxy.port}` }).href;
        const { stood, listening } = start(through);
        await until(() => stood("listening") === 1);
        proxy.silence();
        await until(() => stood("lost") > 0);
        await listening.stop();
        proxy.stop();
      }));
  },
  ["Postgres"],
);

test("a server that is not there is tried again and again, and a stop ends that", async () => {
  const { stood, states, listening } = start("postgres://ann:s3cret@127.0.0.1:1/d");
  await until(() => stood("lost") >= 3);
  await listening.stop();
  const count = states.length;
  expect(stood("listening")).toBe(0);
  expect(states).toHaveLength(count);
  expect(Bun.inspect(states)).not.toContain("s3cret");
});

test("only Postgres can be listened to", () => {
  for (const url of ["sqlite:a.db", "mysql://u@h/d", "nonsense://"]) {
    expect(() => start(url)).toThrow(expect.objectContaining({ code: "invalid", reason: "DATABASE_URL_INVALID" }));
  }
});

test("a file of authorities that is not there is told at once", () => {
  const url = "postgres://ann@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem";
  expect(() => start(url)).toThrow(expect.objectContaining({ code: "invalid", reason: "DATABASE_CA_UNREADABLE" }));
});

/** Hands bytes on in both directions until it is told to swallow them. */
async function silencableProxy(target: URL) {
  let silent = false;
  const open = new Map<unknown, Promise<Bun.Socket>>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        const upstream = Bun.connect({
          hostname: target.hostname,
          port: Number(target.port),
          socket: { data: (_, bytes) => void (silent || socket.write(bytes)), close: () => void socket.end() },
        });
        open.set(socket, upstream);
      },
      async data(socket, bytes) {
        const upstream = await open.get(socket);
        if (!silent) upstream?.write(bytes);
      },
      async close(socket) {
        (await open.get(socket))?.end();
      },
    },
  });
  return {
    port: server.port,
    silence() {
      silent = true;
    },
    stop: () => server.stop(true),
  };
}

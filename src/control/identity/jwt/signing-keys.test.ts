import { expect, test } from "bun:test";
import { secretBox } from "../../../core/secret-box.ts";
import { openMemoryDatabase } from "../../../store/memory-database.fixture.ts";
import { plainChangeLog } from "../../change/plain-change-log.fixture.ts";
import { DAY, START } from "../identity.fixture.ts";
import { installationOf, JWT_LIFETIME_MS } from "./installation.ts";
import { issueJwt, verifyJwt } from "./own-jwts.ts";
import { SigningKeys } from "./signing-keys.ts";
import { sqlSigningKeyStore } from "./sql-signing-key-store.ts";

const installation = installationOf("inst");
const keyOf = (byte: number) => secretBox({ current: { number: 1, key: new Uint8Array(32).fill(byte) }, previous: [] });

/** Processes of one installation on one database. */
async function setup(masterKeys: readonly number[] = [1]) {
  const db = await openMemoryDatabase();
  const log = plainChangeLog(db);
  const time = { ms: START };
  const clock = { now: () => new Date(time.ms) };
  const reads = { times: 0 };
  const store = sqlSigningKeyStore(db, log);
  const counted = {
    ...store,
    all: () => {
      reads.times += 1;
      return store.all();
    },
  };
  const processes = masterKeys.map((byte) => {
    const keys = new SigningKeys({ store: counted, box: keyOf(byte), clock });
    const deps = { keys, installation, clock };
    return {
      keys,
      issue: async () => (await issueJwt(deps, installation.agents, "usr_1", {})).token,
      verify: (token: string) => verifyJwt(deps, installation.agents, token),
    };
  });
  return { db, log, time, reads, processes };
}

type Process = Awaited<ReturnType<typeof setup>>["processes"][number];

function two(processes: readonly Process[]): readonly [Process, Process] {
  const [first, second] = processes;
  if (first === undefined || second === undefined) throw new Error("two are needed");
  return [first, second];
}

const kidOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;

test("the first use makes the one key, of which the database holds no readable private half", async () => {
  const { db, log, processes } = await setup([1, 1]);
  const [first, second] = two(processes);
  const tokens = await Promise.all([first.issue(), second.issue(), first.issue()]);
  expect(tokens.map(kidOf)).toEqual(["k1", "k1", "k1"]);
  for (const token of tokens) for (const { verify } of processes) expect(await verify(token)).toMatchObject({ sub: "usr_1" });
  const rows = await db.selectFrom("signing_keys").selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(JSON.parse(rows[0]?.public_jwk ?? "")).toEqual({ ...(await first.keys.jwks())[0] });
  expect(rows[0]?.ciphertext).toMatch(/^v1\.1\./);
  expect(JSON.stringify(rows)).not.toContain('\\"d\\"');
  expect(log.changes.map(({ event }) => [event.action, event.actorKind, event.resourceName])).toEqual([["key.create", "system", "k1"]]);
  await db.destroy();
});

test("a key signs for 30 days, then another does; the old one verifies until its last token has expired", async () => {
  const { db, time, processes } = await setup([1, 1]);
  const [first, second] = two(processes);
  const early = await first.issue();
  time.ms += 30 * DAY - 1;
  const last = await first.issue();
  expect([kidOf(last), await second.verify(early)]).toEqual(["k1", undefined]);
  time.ms += 1;
  const next = await second.issue();
  expect(kidOf(next)).toBe("k2");
  // Neither process was told of the other's key.
  expect(await first.verify(next)).toBeDefined();
  expect((await first.keys.jwks()).map(({ kid }) => kid)).toEqual(["k1", "k2"]);
  time.ms += JWT_LIFETIME_MS - 1000;
  const [stillThere] = [await second.verify(last)];
  expect(stillThere).toBeDefined();
  time.ms += 60_000;
  expect((await first.keys.jwks()).map(({ kid }) => kid)).toEqual(["k2"]);
  await db.destroy();
});

test("keys that nobody knows are looked for once a second, whatever is asked", async () => {
  const { db, time, reads, processes } = await setup();
  const { keys } = two([...processes, ...processes])[0];
  await keys.signer();
  const before = reads.times;
  time.ms += 1000;
  for (let number = 2; number < 100; number += 1) expect(await keys.verifier(`k${number}`)).toBeUndefined();
  for (const kid of [undefined, "", "x", "k0", "k01", "k1'--", `k${"9".repeat(30)}`]) expect(await keys.verifier(kid)).toBeUndefined();
  expect(reads.times).toBe(before + 1);
  expect(await keys.verifier("k1")).toBeDefined();
  await db.destroy();
});

test("with another master key nothing is signed or verified, and the failure says why", async () => {
  const { db, processes } = await setup([1, 2]);
  const [first, second] = two(processes);
  const token = await first.issue();
  await expect(second.issue()).rejects.toMatchObject({ code: "internal", reason: "SECRET_UNREADABLE" });
  await expect(second.verify(token)).rejects.toMatchObject({ reason: "SECRET_UNREADABLE" });
  await db.destroy();
});

test("a public key that was planted in the database verifies nothing", async () => {
  const { db, processes } = await setup([1, 1]);
  const [first, second] = two(processes);
  const token = await first.issue();
  const other = await setup([3]);
  const [stranger] = other.processes;
  const forged = (await stranger?.issue()) ?? "";
  const planted = await other.db.selectFrom("signing_keys").select("public_jwk").executeTakeFirstOrThrow();
  await db.updateTable("signing_keys").set(planted).execute();
  expect([await second.verify(forged), (await second.verify(token))?.sub]).toEqual([undefined, "usr_1"]);
  await Promise.all([db.destroy(), other.db.destroy()]);
});

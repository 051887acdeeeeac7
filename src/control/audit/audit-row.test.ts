import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AuditDraft, auditEventSchema } from "../../api/audit-event.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { followsFrom, GENESIS, HASHED_COLUMNS, hashedValues, seal } from "./audit-chain.ts";
import { NOW, requestDraft } from "./audit-log.fixture.ts";
import { eventOfRow, parseEventId, rowFromDatabase, rowOfDraft } from "./audit-row.ts";
import { auditRowInserter } from "./insert-audit-rows.ts";

const now = () => new Date(NOW);
const TEXTS = [
  "user",
  "tokenName",
  "project",
  "server",
  "tool",
  "method",
  "action",
  "resource",
  "resourceName",
  "code",
  "traceId",
  "address",
] as const;
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ maxLength: 20 }),
  fc.constant("trailing  "),
  fc.constant("\ud800\0x"),
);
const draft: fc.Arbitrary<AuditDraft> = fc
  .record({
    texts: fc.array(text, { minLength: TEXTS.length, maxLength: TEXTS.length }),
    status: fc.oneof(fc.integer(), fc.double()),
    detail: fc.dictionary(text, fc.jsonValue()),
  })
  .map(({ texts, status, detail }) =>
    requestDraft({ ...Object.fromEntries(TEXTS.map((field, at) => [field, texts[at]])), status, durationMs: status, detail }),
  );

test("an event has what its draft said, and is what the console reads", () => {
  const full: AuditDraft = {
    ...requestDraft({ kind: "tool_call_trace", actorKind: "token", actorId: "tok_1", actorName: "ci" }),
    tokenName: "vllm-token",
    tokenSha: "ab".repeat(32),
    project: "vllm",
    server: "content",
    tool: "search",
    method: "tools/call",
    action: "x.y",
    resource: "projects",
    resourceName: "vllm",
    status: 200,
    code: "none",
    traceId: "trace-1",
    address: "127.0.0.1",
    durationMs: 12,
    detail: { arguments: { query: "x" } },
  };
  const [row] = seal("w", GENESIS, [rowOfDraft(full, now)]);
  const event = row && eventOfRow(row);
  expect(auditEventSchema.parse(event)).toEqual({
    ...full,
    id: "w-1",
    writer: "w",
    sequence: 1,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test("the columns that are written and hashed are all there are, each in its place", () => {
  const row = Object.fromEntries(HASHED_COLUMNS.map((column) => [column, column]));
  expect(hashedValues(row as never)).toEqual([...HASHED_COLUMNS]);
  const [stored] = seal("w", GENESIS, [rowOfDraft(requestDraft(), now)]);
  expect([...HASHED_COLUMNS, "hash"].sort()).toEqual(Object.keys(stored ?? {}).sort());
});

test("secrets are gone from every text and from the detail before anything is stored", () => {
  const raw = `mcpctl_pat_${"a1B2".repeat(10)}xyz`;
  const fields = Object.fromEntries(TEXTS.map((field) => [field, `see ${raw} here`]));
  const row = rowOfDraft(
    requestDraft({ ...fields, actorName: raw, actorId: raw, detail: { headers: { Cookie: "sid=1" }, list: [raw], password: "hunter2" } }),
    now,
  );
  const stored = JSON.stringify(row);
  for (const secret of [raw.slice(0, 15), "sid=1", "hunter2"]) expect(stored).not.toContain(secret);
  expect(row.tool).toBe("see [redacted] here");
});

test("an event that says what the one before said, but for one text, is looked at as if it were the first", () => {
  const raw = `mcpctl_pat_${"a1B2".repeat(10)}xyz`;
  const plain = { ...Object.fromEntries(TEXTS.map((field) => [field, "plain"])), traceId: "ab12" };
  for (const field of [...TEXTS, "actorId", "actorName"]) {
    for (const [given, kept] of [
      [`see ${raw}`, "see [redacted]"],
      ["a\0b", "a\ufffdb"],
    ]) {
      rowOfDraft(requestDraft(plain), now);
      const row = rowOfDraft(requestDraft({ ...plain, [field]: given }), now);
      expect({ field, kept: Object.values(row).includes(kept ?? "") }).toEqual({ field, kept: true });
      expect(JSON.stringify(row)).not.toContain(raw);
    }
  }
});

test("the size of a call's params is kept as it is, and only where it is a number and alone", () => {
  const kept = (detail: Record<string, unknown>) => rowOfDraft(requestDraft({ detail }), now).detail;
  expect(kept({ paramsBytes: 300 })).toBe('{"paramsBytes":300}');
  expect(kept({ paramsBytes: 300, token: "x" })).toBe('{"paramsBytes":300,"token":"[redacted]"}');
  expect(kept({ paramsBytes: "Bearer abc" })).toBe('{"paramsBytes":"Bearer [redacted]"}');
  expect(kept({ paramsBytes: Number.NaN })).toBe('{"paramsBytes":null}');
  expect(kept({})).toBe("{}");
});

test("every text is cut to its column, and a detail that is too long keeps its beginning", () => {
  const row = rowOfDraft(
    requestDraft({ project: "p".repeat(70), detail: { list: Array.from({ length: 90 }, () => "y".repeat(900)) } }),
    now,
  );
  expect(row.project).toBe(`${"p".repeat(57)}…[cut]`);
  expect(row.detail?.length).toBeLessThan(5000);
  expect(JSON.parse(row.detail ?? "")).toEqual({ cut: expect.stringMatching(/^\{"list":\["yyy/) });
});

test("an id says where its event stands, and what is none says nothing", () => {
  expect(parseEventId("mcpd-a.2-17")).toEqual({ writer: "mcpd-a.2", sequence: 17 });
  for (const id of ["", "17", "-17", "w-0", "w-017", "w--1x", "w-1e3", `w-${"9".repeat(16)}`, `${"w".repeat(41)}-1`, "w\0-1", "w w-1"]) {
    expect(parseEventId(id)).toBeUndefined();
  }
});

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: whatever an event holds comes back as it was hashed`, () =>
    withDatabase(async (db) => {
      const drafts = fc.sample(draft, 300);
      const rows = seal(
        "w",
        GENESIS,
        drafts.map((each) => rowOfDraft(each, now)),
      );
      await db.transaction().execute((tx) => auditRowInserter(db)(tx, rows));
      const stored = await db.selectFrom("audit_events").selectAll().orderBy("sequence").execute();
      expect(stored.map(rowFromDatabase)).toEqual(rows);
      let previous = GENESIS.hash;
      for (const row of stored.map(rowFromDatabase)) {
        expect(followsFrom(previous, row)).toBe(true);
        previous = row.hash;
      }
    }));
});

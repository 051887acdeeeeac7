import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import { AuditOutbox, type AuditOutboxOptions } from "./audit-outbox.ts";

const draft = (traceId: string): AuditDraft => ({
  kind: "mcp_request",
  outcome: "ok",
  at: "2026-01-01T00:00:00.000Z",
  actorKind: "none",
  actorId: "",
  actorName: "",
  traceId,
});

const away = () => new AppError("unavailable", "API_UNREACHABLE", "mcpd cannot be reached");

function setup(answer: (nth: number) => Promise<void> | void = () => {}, options: Partial<AuditOutboxOptions> = {}) {
  const sent: string[] = [];
  const failures: AppError[] = [];
  let ids = 0;
  const outbox = new AuditOutbox({
    async send(id, events) {
      sent.push(`${id}: ${events.map(({ traceId }) => traceId).join(" ")}`);
      await answer(sent.length);
    },
    newBatchId: () => `batch ${++ids}`,
    gatherMs: 0,
    maxBatch: 3,
    maxWaiting: 5,
    retry: { firstMs: 1, maxMs: 1 },
    onFailure: (error) => failures.push(error),
    ...options,
  });
  const put = (...ids: string[]) => {
    for (const id of ids) outbox.put(draft(id));
  };
  return { outbox, sent, failures, put };
}

/** Waits for what the outbox does by itself; the test's own time is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("events go in order, gathered into batches of a bounded size", async () => {
  const { put, sent } = setup();
  put("a", "b", "c", "d");
  await until(() => sent.length === 2);
  put("e");
  await until(() => sent.length === 3);
  expect(sent).toEqual(["batch 1: a b c", "batch 2: d", "batch 3: e"]);
});

test("a batch that may not have arrived is sent again under its own id, and what comes meanwhile waits behind it", async () => {
  const { put, sent, failures } = setup((nth) => {
    if (nth < 3) throw away();
  });
  put("a");
  await until(() => sent.length === 1);
  put("b");
  await until(() => sent.length === 4);
  expect(sent).toEqual(["batch 1: a", "batch 1: a", "batch 1: a", "batch 2: b"]);
  expect(failures.map(({ reason }) => reason)).toEqual(["API_UNREACHABLE", "API_UNREACHABLE"]);
});

test("no more wait than the bound; the newest are lost, and their number is told", async () => {
  const gate = Promise.withResolvers<void>();
  const { outbox, put, sent, failures } = setup((nth) => (nth === 1 ? gate.promise : undefined));
  put("first");
  await until(() => sent.length === 1);
  put("a", "b", "c", "d", "e", "f", "g");
  expect({ waiting: outbox.waiting, lost: outbox.lost }).toEqual({ waiting: 5, lost: 2 });
  gate.resolve();
  await until(() => sent.length === 3);
  expect(sent.slice(1)).toEqual(["batch 2: a b c", "batch 3: d e"]);
  expect(failures).toMatchObject([{ reason: "AUDIT_EVENTS_LOST", message: expect.stringContaining("2 audit events") }]);
  expect({ waiting: outbox.waiting, lost: outbox.lost }).toEqual({ waiting: 0, lost: 2 });
});

test("a batch that mcpd refuses again and again does not hold up those behind it", async () => {
  const { put, sent, failures } = setup((nth) => {
    if (nth <= 10) throw new AppError("invalid", "BODY_INVALID", "no");
  });
  put("bad");
  await until(() => sent.length === 10);
  put("good");
  await until(() => sent.length === 11);
  expect(sent.at(-1)).toBe("batch 2: good");
  expect(failures.at(-1)).toMatchObject({ reason: "AUDIT_EVENTS_LOST" });
});

test("close sends what waits", async () => {
  const { outbox, put, sent } = setup(() => {}, { gatherMs: 60_000 });
  put("a", "b");
  await outbox.close();
  expect(sent).toEqual(["batch 1: a b"]);
});

test("close does not wait for a mcpd that is away, and tells what is lost", async () => {
  const { outbox, put, failures } = setup(
    () => {
      throw away();
    },
    { gatherMs: 60_000 },
  );
  put("a", "b", "c", "d");
  await outbox.close();
  expect(failures.at(-1)).toMatchObject({ reason: "AUDIT_EVENTS_LOST", message: expect.stringContaining("4 audit events") });
});

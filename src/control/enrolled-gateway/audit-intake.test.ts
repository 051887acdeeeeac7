import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import { auditIntake } from "./audit-intake.ts";

const EDGE = { id: "gw_1", name: "edge" };
const CALL: AuditDraft = {
  kind: "tool_call_trace",
  outcome: "ok",
  at: "2026-01-01T00:00:00.000Z",
  actorKind: "token",
  actorId: "tok_1",
  actorName: "ci",
  user: "ada",
  detail: { bytes: 12, gateway: "a lie" },
};

function setup() {
  const recorded: AuditDraft[] = [];
  return { recorded, intake: auditIntake({ record: (draft) => void recorded.push(draft) }) };
}

test("who did it is kept, and the gateway is named", () => {
  const { recorded, intake } = setup();
  intake.take(EDGE, "b1", [CALL, { ...CALL, detail: undefined }]);
  expect(recorded).toEqual([
    { ...CALL, detail: { bytes: 12, gateway: "edge" } },
    { ...CALL, detail: { gateway: "edge" } },
  ]);
});

test("a batch that comes twice is recorded once; the same id of another gateway is another batch", () => {
  const { recorded, intake } = setup();
  for (const batchId of ["b1", "b2", "b1"]) intake.take(EDGE, batchId, [CALL]);
  intake.take({ id: "gw_2", name: "core" }, "b1", [CALL]);
  expect(recorded.map(({ detail }) => detail?.gateway)).toEqual(["edge", "edge", "core"]);
});

test("the last batches are remembered, however many came before", () => {
  const { recorded, intake } = setup();
  const send = (from: number, to: number) => {
    for (let batch = from; batch < to; batch += 1) intake.take(EDGE, `b${batch}`, [CALL]);
  };
  send(0, 1000);
  send(900, 1000);
  expect(recorded).toHaveLength(1000);
});

test.each(["rpc", "token_issued", "token_revoked"] as const)("a %s is not the gateway's to record, nor is what came with it", (kind) => {
  const { recorded, intake } = setup();
  const take = () => intake.take(EDGE, "b1", [CALL, { ...CALL, kind }]);
  expect(take).toThrow(expect.objectContaining({ code: "invalid", reason: "AUDIT_KIND_FOREIGN" }));
  expect(recorded).toEqual([]);
  intake.take(EDGE, "b1", [CALL]);
  expect(recorded).toHaveLength(1);
});

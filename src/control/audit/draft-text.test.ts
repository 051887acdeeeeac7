import { expect, test } from "bun:test";
import fc from "fast-check";
import { AUDIT_KINDS, AUDIT_OUTCOMES, type AuditDraft } from "../../api/audit-event.ts";
import { requestDraft } from "./audit-log.fixture.ts";
import { DraftTexts } from "./draft-text.ts";

const text = fc.constantFrom(undefined, "", "a", 'quote " and\nline', "\ud800", "é");
const drafts = fc.record<AuditDraft>({
  kind: fc.constantFrom(...AUDIT_KINDS),
  outcome: fc.constantFrom(...AUDIT_OUTCOMES),
  at: fc.constantFrom("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z"),
  actorKind: fc.constantFrom("token", "none"),
  actorId: fc.constantFrom("", "tok_1"),
  actorName: fc.constantFrom("", "ci"),
  user: text,
  tokenName: text,
  tokenSha: text,
  project: text,
  server: text,
  tool: text,
  method: text,
  action: text,
  resource: text,
  resourceName: text,
  status: fc.constantFrom(undefined, 200, 403),
  code: text,
  traceId: text,
  address: text,
  durationMs: fc.constantFrom(undefined, 0, 12),
  detail: fc.constantFrom(undefined, {}, { paramsBytes: 7 }, { kind: "x", at: 'y"' }),
});

test("the texts of events say what the events say, whatever came before, each in one line", () => {
  fc.assert(
    fc.property(fc.array(drafts, { maxLength: 8 }), (all) => {
      const texts = new DraftTexts();
      for (const draft of all) {
        const written = texts.textOf(draft);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(draft)));
        expect(written).not.toContain("\n");
      }
    }),
  );
});

test("two events that differ in one field alone are told apart", () => {
  const one: AuditDraft = { ...requestDraft({ tool: "a" }), outcome: "ok" };
  for (const other of [
    { tool: "b" },
    { outcome: "refused" },
    { tokenSha: "f0" },
    { address: "10.0.0.9" },
    { code: "tool_denied" },
  ] as const) {
    const texts = new DraftTexts();
    texts.textOf(one);
    expect(JSON.parse(texts.textOf({ ...one, ...other }))).toEqual({ ...one, ...other });
    expect(JSON.parse(texts.textOf(one))).toEqual(one);
  }
});

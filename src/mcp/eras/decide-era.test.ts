import { describe, expect, test } from "bun:test";
import { decideHttpEra, decideStdioEra, type ProbeEvidence } from "./decide-era.ts";

const error = (code: number, data?: unknown) => ({ jsonrpc: "2.0", id: 1, error: { code, message: "no", data } });
const discovered = (...supportedVersions: string[]) => ({ jsonrpc: "2.0", id: 1, result: { supportedVersions, capabilities: {} } });
const said = (status: number, message: unknown): ProbeEvidence => ({ kind: "message", status, message });

describe("a server at a URL", () => {
  test.each<[string, ProbeEvidence, string]>([
    ["a discover result", said(200, discovered("2026-07-28")), "modern"],
    ["a discover result of several revisions", said(200, discovered("2027-01-01", "2026-07-28")), "modern"],
    ["a discover result without our revision", said(200, discovered("2027-01-01")), "other"],
    ["HeaderMismatch", said(400, error(-32020)), "modern"],
    ["MissingRequiredClientCapability", said(400, error(-32021, { requiredCapabilities: { roots: {} } })), "modern"],
    ["UnsupportedProtocolVersion that names ours", said(400, error(-32022, { supported: ["2026-07-28"] })), "modern"],
    ["UnsupportedProtocolVersion that does not", said(400, error(-32022, { supported: ["2027-01-01"] })), "other"],
    ["UnsupportedProtocolVersion that names none", said(400, error(-32022)), "modern"],
    ["a modern error with another status", said(200, error(-32022)), "modern"],
    ["the error of an SDK before a session", said(400, error(-32000)), "legacy"],
    ["an unknown method with 404", said(404, error(-32601)), "legacy"],
    ["an unknown method in 200", said(200, error(-32601)), "legacy"],
    ["invalid params in 200", said(200, error(-32602)), "legacy"],
    ["a result that is none of discover's", said(200, { result: {} }), "legacy"],
    ["a session that is not known", said(404, error(-32001)), "legacy"],
    ["a plain 400", { kind: "status", status: 400 }, "legacy"],
    ["a plain 404", { kind: "status", status: 404 }, "legacy"],
    ["a plain 405", { kind: "status", status: 405 }, "legacy"],
    ["401", { kind: "status", status: 401 }, "unknown"],
    ["403", { kind: "status", status: 403 }, "unknown"],
    ["403 with an error", said(403, error(-32000)), "unknown"],
    ["429", { kind: "status", status: 429 }, "unknown"],
    ["500", { kind: "status", status: 500 }, "unknown"],
    ["503 with an error", said(503, error(-32603)), "unknown"],
    ["a page", { kind: "status", status: 200 }, "unknown"],
    ["a redirect", { kind: "status", status: 307 }, "unknown"],
    ["silence", { kind: "nothing" }, "unknown"],
  ])("with %s", (_, evidence, verdict) => {
    expect(decideHttpEra(evidence)).toBe(verdict as ReturnType<typeof decideHttpEra>);
  });
});

describe("a process", () => {
  test.each<[string, unknown, string]>([
    ["a discover result", discovered("2026-07-28"), "modern"],
    ["a discover result without our revision", discovered("2027-01-01"), "other"],
    ["a modern error", error(-32022, { supported: ["2026-07-28"] }), "modern"],
    ["an unknown method", error(-32601), "legacy"],
    ["any other error", error(-32002), "legacy"],
    ["a result that is none of discover's", { result: {} }, "legacy"],
    ["nothing at all", undefined, "legacy"],
    ["nonsense", [1], "legacy"],
  ])("with %s", (_, message, verdict) => {
    expect(decideStdioEra(message)).toBe(verdict as ReturnType<typeof decideStdioEra>);
  });
});

import { expect, test } from "bun:test";
import { parseBody } from "../../mcp/envelope.ts";
import type { FinishedRequest } from "../audit/finished-request.ts";
import { beginTrail } from "../audit/request-trail.ts";
import { DURATION_BOUNDS_S, RequestCounts } from "./request-counts.ts";

function finished(change: Partial<FinishedRequest> & { readonly method?: string } = {}): FinishedRequest {
  const { method = "tools/call", ...rest } = change;
  const trail = beginTrail({ traceId: "t", address: undefined, httpMethod: "POST", path: "/mcp", startedAt: 0 });
  const message = parseBody(JSON.stringify({ jsonrpc: "2.0", id: 1, method }));
  if (message.kind !== "batch") trail.message = message;
  return { trail, server: "one", outcome: "ok", code: undefined, status: 200, durationMs: 1, ...rest };
}

test("requests are added up by server, method and how they ended", () => {
  const counts = new RequestCounts();
  counts.add(finished());
  counts.add(finished());
  counts.add(finished({ outcome: "failed", code: "tool_error" }));
  counts.add(finished({ outcome: "refused", code: "rate_limited", status: 429 }));
  counts.add(finished({ server: undefined, method: "tools/list" }));
  expect([...counts.outcomes()]).toEqual([
    { server: "one", method: "tools/call", outcome: "ok", code: "ok", status: "200", count: 2 },
    { server: "one", method: "tools/call", outcome: "failed", code: "tool_error", status: "200", count: 1 },
    { server: "one", method: "tools/call", outcome: "refused", code: "rate_limited", status: "429", count: 1 },
    { server: "", method: "tools/list", outcome: "ok", code: "ok", status: "200", count: 1 },
  ]);
});

test("a duration lies in the first bucket that is not under it; the last one has no bound", () => {
  const counts = new RequestCounts();
  for (const durationMs of [0, 0.5, 0.6, 300_000, 300_001]) counts.add(finished({ durationMs }));
  const [only, ...others] = [...counts.durations()];
  expect(others).toEqual([]);
  expect(only).toMatchObject({ server: "one", method: "tools/call", count: 5 });
  expect(only?.sumS).toBeCloseTo(600.0021, 6);
  const buckets = [...(only?.buckets ?? [])];
  expect(buckets).toHaveLength(DURATION_BOUNDS_S.length + 1);
  expect(buckets.filter((count) => count > 0)).toEqual([2, 1, 1, 1]);
  expect([buckets[0], buckets[1], buckets.at(-2), buckets.at(-1)]).toEqual([2, 1, 1, 1]);
});

test("a server that is gone is forgotten, and requests of no server are kept", () => {
  const counts = new RequestCounts();
  for (const server of ["one", "two", undefined]) counts.add(finished({ server }));
  counts.keep(new Set(["two"]));
  expect([...counts.durations()].map(({ server }) => server)).toEqual(["two", ""]);
});

test("however many servers come and go between two readings, those that are counted apart have a bound", () => {
  const counts = new RequestCounts();
  for (let at = 0; at < 3000; at += 1) counts.add(finished({ server: `s${at}` }));
  const all = [...counts.durations()];
  expect(all.length).toBeLessThanOrEqual(2002);
  expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(3000);
});

import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beginTrail } from "../gateway/audit/request-trail.ts";
import { openAccessLog } from "./access-log.ts";

const trail = beginTrail({ traceId: "trace-1", address: undefined, httpMethod: "GET", path: "/mcp", startedAt: 0 });
const REQUEST = { trail, server: "one", outcome: "ok", code: undefined, status: 200, durationMs: 1.2345 } as const;

test("lines are complete when it is closed, each one JSON object", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-access-"));
  const path = join(folder, "log");
  const fd = openSync(path, "w");
  const log = openAccessLog(fd);
  for (let at = 0; at < 100; at += 1) log.observe(REQUEST);
  await log.close();
  closeSync(fd);
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(100);
  expect(JSON.parse(lines[99] ?? "")).toEqual({
    level: 30,
    time: expect.any(Number),
    method: "GET /mcp",
    server: "one",
    outcome: "ok",
    status: 200,
    ms: 1.23,
    traceId: "trace-1",
    msg: "request",
  });
  rmSync(folder, { recursive: true });
});

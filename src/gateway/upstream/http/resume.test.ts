import { expect, test } from "bun:test";
import { sessionOf } from "./http-exchange.ts";
import { resumeHeaders, resumeWaitMs } from "./resume.ts";

const session = sessionOf("one", "s1", { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} });

test.each([
  [undefined, 1000],
  [0, 50],
  [700, 700],
  [3600_000, 60_000],
])("a server that says retry %p is asked again after %p ms", (retryMs, waitMs) => {
  expect(resumeWaitMs(retryMs)).toBe(waitMs);
});

test.each(["1", "stream_1 7", "~"])("the event %j can be named", (id) => {
  expect(resumeHeaders(session, id)).toEqual({
    "mcp-session-id": "s1",
    "mcp-protocol-version": "2025-11-25",
    accept: "text/event-stream",
    "last-event-id": id,
  });
});

test.each(["", "ä", " 1", "1\t", "x".repeat(2000)])("the event %j cannot", (id) => {
  expect(resumeHeaders(session, id)).toBeUndefined();
});

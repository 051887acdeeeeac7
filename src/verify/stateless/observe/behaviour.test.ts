import { expect, test } from "bun:test";
import { refusedWrites } from "../read-log.ts";
import { chosenTools, withCanary } from "./basic-calls.ts";
import { steady } from "./behaviour.ts";

test("moments, ids and long numbers are the same in every answer, and a counter is not", () => {
  const one = { at: "2026-06-01T12:00:00.123Z", id: "0f8fad5b-d9cb-469f-a165-70867728950e", epoch: 1_780_000_000, count: 1 };
  const two = { at: "2026-06-01T12:00:01.9Z", id: "7c9e6679-7425-40de-944b-e07fc1f90ae7", epoch: 1_780_000_001, count: 1 };
  expect(steady(one)).toBe(steady(two));
  expect(steady({ ...one, count: 2 })).not.toBe(steady(two));
});

test("a client's word goes into every text of the arguments and into nothing else", () => {
  expect(withCanary({ query: "x {canary}", where: [{ value: "{canary}" }], limit: 1 }, "word")).toEqual({
    query: "x word",
    where: [{ value: "word" }],
    limit: 1,
  });
});

test("only tools that say that they read and want no arguments are called unasked", () => {
  const listed = [
    { name: "list", annotations: { readOnlyHint: true }, inputSchema: { type: "object" } },
    { name: "get", annotations: { readOnlyHint: true }, inputSchema: { type: "object", required: ["id"] } },
    { name: "drop", annotations: { readOnlyHint: false } },
    { name: "unsaid" },
  ];
  expect(chosenTools({ tool: undefined }, listed)).toEqual([{ name: "list", args: {} }]);
  expect(chosenTools({ tool: { name: "drop", args: { all: true } } }, listed)).toEqual([{ name: "drop", args: { all: true } }]);
});

test("a log tells of refused writes in every runtime's words, each line once", () => {
  const log =
    "ok\nEROFS: read-only file system, open '/x'\n[Errno 30] Read-only file system: '/y'\n[Errno 30] Read-only file system: '/y'\n";
  expect(refusedWrites(log)).toEqual(["EROFS: read-only file system, open '/x'", "[Errno 30] Read-only file system: '/y'"]);
});

import { expect, test } from "bun:test";
import { differencesBetween, shortfalls } from "./differences.ts";
import { listOf, unexplained, withoutReasons } from "./expected-differences.ts";
import { checksThatAre, verdictsOf } from "./verdicts.ts";

test("a check that was made several times is as good as its worst time, and its name tells it from others of its id", () => {
  const checks = [
    { id: "a", name: "One", status: "SUCCESS" },
    { id: "a", name: "One", status: "FAILURE" },
    { id: "a", name: "One", status: "INFO" },
    { id: "a", name: "Two", status: "WARNING" },
  ] as const;
  expect(verdictsOf(checks)).toEqual({ "a (One)": "FAILURE", "a (Two)": "WARNING" });
});

test("a difference is a check that got worse or better, that is gone or new; what is only told is none", () => {
  const wanted = {
    s: { same: "SUCCESS", worse: "SUCCESS", better: "FAILURE", gone: "SUCCESS", told: "INFO" },
    lost: { all: "SUCCESS" },
  } as const;
  const seen = { s: { same: "SUCCESS", worse: "WARNING", better: "SUCCESS", fresh: "SKIPPED", said: "INFO" } } as const;
  const differences = {
    "s: worse": "WARNING",
    "s: better": "SUCCESS",
    "s: gone": "absent",
    "s: fresh": "SKIPPED",
    "lost: all": "absent",
  } as const;
  expect(differencesBetween(wanted, seen)).toEqual(differences);
  expect(shortfalls(seen)).toEqual({ "s: worse": "WARNING", "s: fresh": "SKIPPED" });
});

test("a list keeps the reasons that are known, and says which are missing", () => {
  const known = { s: { worse: ["FAILURE", "It is not made yet."], healed: ["FAILURE", "It was not made."] } } as const;
  const list = listOf({ "s: worse": "WARNING", "s: fresh (New: one)": "FAILURE" }, known);
  expect(list).toEqual({ s: { "fresh (New: one)": ["FAILURE", ""], worse: ["WARNING", "It is not made yet."] } });
  expect(unexplained(list)).toEqual(["s: fresh (New: one)"]);
  expect(withoutReasons(list)).toEqual({ "s: worse": "WARNING", "s: fresh (New: one)": "FAILURE" });
});

test("checks are found by their status", () => {
  expect(checksThatAre({ s: { a: "FAILURE", b: "SUCCESS" }, t: { c: "WARNING" } }, ["FAILURE", "WARNING"])).toEqual(["s: a", "t: c"]);
});

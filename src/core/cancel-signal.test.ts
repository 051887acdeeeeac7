import { expect, test } from "bun:test";
import { CallSignal } from "./cancel-signal.ts";

test("listeners run once, in their order, with the first reason", () => {
  const signal = new CallSignal();
  const heard: string[] = [];
  signal.addEventListener("abort", () => heard.push("a"));
  signal.addEventListener("abort", () => heard.push("b"));
  signal.abort("first");
  signal.abort("second");
  expect(heard).toEqual(["a", "b"]);
  expect([signal.aborted, signal.reason]).toEqual([true, "first"]);
});

test("a listener that was removed, or comes too late, does not run", () => {
  const signal = new CallSignal();
  const heard: string[] = [];
  const listener = () => heard.push("removed");
  signal.addEventListener("abort", listener);
  signal.removeEventListener("abort", listener);
  signal.abort();
  signal.addEventListener("abort", () => heard.push("late"));
  expect(heard).toEqual([]);
});

test("a listener may remove others while it runs", () => {
  const signal = new CallSignal();
  const heard: string[] = [];
  const second = () => heard.push("second");
  signal.addEventListener("abort", () => signal.removeEventListener("abort", second));
  signal.addEventListener("abort", second);
  signal.abort();
  expect(heard.length).toBeLessThanOrEqual(1);
});

test("an AbortSignal is a CancelSignal", () => {
  const listen = (signal: Pick<CallSignal, "aborted" | "addEventListener">) => signal.aborted;
  expect(listen(AbortSignal.abort())).toBe(true);
});

import { test } from "bun:test";
import { skippedTitle } from "./skip-reason.ts";

type Body = () => void | Promise<void>;
type DeclareTest = (title: string, body: Body, timeoutMs?: number) => void;

/**
 * Declares tests that need something a machine may not have: `requires(found, "nginx is not installed")("title", body)`.
 *
 * Where the condition fails the test is skipped and its title ends with the reason, which
 * the runner prints. Under REQUIRE_ALL=1 nothing may be left out: the test fails with the reason.
 */
export function requires(condition: boolean, reason: string, requireAll: boolean = process.env.REQUIRE_ALL === "1"): DeclareTest {
  if (condition) return (title, body, timeoutMs) => test(title, body, timeoutMs);
  if (requireAll) {
    return (title) =>
      test(title, () => {
        throw new Error(`cannot run here: ${reason} (REQUIRE_ALL=1)`);
      });
  }
  return (title, body) => test.skip(skippedTitle(title, reason), body);
}

import { runChecks } from "../../src/verify/stateless/checks/all-checks.ts";
import type { Observations } from "../../src/verify/stateless/observations.ts";
import { renderViolation } from "../../src/verify/stateless/violation.ts";

/** Each violation of what was seen, as people read it. */
export function violationsOf(seen: Observations): readonly string[] {
  return runChecks(seen).flatMap(({ violations }) => violations.map(renderViolation));
}

/** The first lines of them: `FAIL: …`. */
export function titlesOf(seen: Observations): readonly string[] {
  return violationsOf(seen).map((text) => text.split("\n")[0] ?? "");
}

import { diagnoseEngine } from "./diagnose-engine.ts";
import { diagnoseHost } from "./diagnose-host.ts";
import type { Finding } from "./finding.ts";
import type { NodeFacts } from "./node-facts.ts";

/** What is right and wrong with a node, each with its cure. Pure: the facts come from `linux/` and `podman/`. */
export function diagnose(facts: NodeFacts): readonly Finding[] {
  return [...diagnoseEngine(facts), ...diagnoseHost(facts)];
}

/** What is wrong, a sentence each, for a node's status. */
export function problemsOf(findings: readonly Finding[]): readonly string[] {
  return findings.filter(({ level }) => level === "bad").map(({ message }) => message);
}

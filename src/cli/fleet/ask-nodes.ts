import type { AgentClient } from "../../api/agent/agent-client.ts";
import type { AppError } from "../../core/app-error.ts";
import { errorLines } from "../error-lines.ts";
import type { CliOutput } from "../ports.ts";
import { type Fleet, type FleetNode, withLoginHint } from "./fleet.ts";

/** What the nodes said, in their order, and why the others did not. */
export interface NodeAnswers<T> {
  readonly answers: readonly { readonly node: FleetNode; readonly value: T }[];
  readonly failures: readonly { readonly node: FleetNode; readonly error: AppError }[];
}

/** Asks all of them at once: one that is away costs its own deadline and no more. Throws `unauthenticated`/`NOT_LOGGED_IN`. */
export async function askNodes<T>(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  ask: (agent: AgentClient, node: FleetNode) => Promise<T>,
): Promise<NodeAnswers<T>> {
  await fleet.requireToken();
  const outcomes = await Promise.all(
    nodes.map(async (node) => {
      try {
        return { node, value: await ask(await fleet.agent(node), node) };
      } catch (thrown) {
        return { node, error: withLoginHint(thrown) };
      }
    }),
  );
  return {
    answers: outcomes.flatMap((outcome) => ("error" in outcome ? [] : [outcome as { node: FleetNode; value: T }])),
    failures: outcomes.flatMap((outcome) => ("error" in outcome ? [outcome as { node: FleetNode; error: AppError }] : [])),
  };
}

const PARTLY = 3;

/** Says on standard error which nodes did not answer, and that what is shown is not all. */
export function printFailures(output: CliOutput, { answers, failures }: NodeAnswers<unknown>): void {
  for (const { node, error } of failures) {
    const named = error.message.includes(node.name) ? error.message : `Node ${node.name}: ${error.message}`;
    output.stderr(errorLines(named, error.hint));
  }
  if (failures.length > 0 && answers.length > 0) {
    output.stderr(`partial: ${answers.length} of ${answers.length + failures.length} nodes answered\n`);
  }
}

/** 0: all answered. 1: none did. 3: some did, or one that did knows only a part. */
export function exitCodeOfAnswers({ answers, failures }: NodeAnswers<unknown>, incomplete = false): number {
  if (failures.length > 0 && answers.length === 0) return 1;
  return failures.length > 0 || incomplete ? PARTLY : 0;
}

/** What a list shows as JSON: what each node answered, and what failed. */
export function answersJson<T>({ answers, failures }: NodeAnswers<T>, bodyOf: (value: T) => object): object {
  return {
    nodes: answers.map(({ node, value }) => ({ node: node.name, ...bodyOf(value) })),
    errors: failures.map(({ node, error }) => errorJson(node.name, error)),
  };
}

function errorJson(node: string, { code, reason, message, hint }: AppError): object {
  return { node, code, reason, message, ...(hint === undefined ? {} : { hint }) };
}

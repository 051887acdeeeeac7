import { type ComponentResult, type Operation, OperationState } from "../../api/agent/contract.ts";
import { oneLine } from "../../core/one-line.ts";
import { alignTable } from "../align-table.ts";
import { errorLines } from "../error-lines.ts";
import type { CliOutput } from "../ports.ts";
import { orDash } from "./component-rows.ts";
import { operationWord, outcomeWord } from "./state-words.ts";

const PARTLY = 3;

/** One line for each component, and on standard error what failed and what to do about it, or what there is to know of it. */
export function printResults(output: CliOutput, operation: Operation | undefined, results: readonly ComponentResult[]): void {
  const rows = results.map((each) => [
    each.component,
    each.action,
    orDash(each.version),
    orDash(each.imageDigest.slice(0, 19)),
    each.deployment === 0n ? "-" : String(each.deployment),
  ]);
  if (rows.length > 0) output.stdout(alignTable([["COMPONENT", "RESULT", "VERSION", "DIGEST", "DEPLOYMENT"], ...rows]));
  for (const { component, ok, error, hint } of results) {
    if (!ok) output.stderr(errorLines(`${component}: ${error}`, hint));
    else if (hint !== "") output.stderr(`note: ${oneLine(`${component}: ${hint}`, 400)}\n`);
  }
  if (operation === undefined || operation.state === OperationState.SUCCEEDED) return;
  const said = results.filter(({ ok }) => !ok).map(({ component, action, error }) => `${component}: ${error === "" ? action : error}`);
  const why = operation.error === "" || operation.error === said.join("\n") ? "" : `: ${operation.error}`;
  output.stderr(
    errorLines(
      `The ${operationWord(operation.kind)} of ${operation.serviceName} ${endOf(operation)}${why}`,
      `'mcpctl ops ${operation.id}' shows its steps`,
    ),
  );
}

function endOf({ state }: Operation): string {
  if (state === OperationState.ROLLED_BACK) return "failed, and what was there before is there again";
  if (state === OperationState.PARTIAL) return "was done in part";
  return state === OperationState.RUNNING ? "goes on" : outcomeWord(state);
}

/** 0: all done. 1: nothing. 3: some. */
export function exitCodeOfResults(operation: Operation | undefined, results: readonly ComponentResult[]): number {
  const done = results.filter(({ ok }) => ok).length;
  const failed = results.length > done;
  if (operation?.state === OperationState.PARTIAL || (failed && done > 0 && operation?.state !== OperationState.ROLLED_BACK)) return PARTLY;
  const bad = operation?.state === OperationState.FAILED || operation?.state === OperationState.ROLLED_BACK;
  return failed || bad ? 1 : 0;
}

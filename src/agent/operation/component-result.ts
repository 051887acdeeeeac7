import { toAppError } from "../../core/app-error.ts";
import type { ComponentResult } from "../agent-use-cases.ts";
import type { OperationState } from "../registry/registry.ts";

export function resultOf(component: string, action: string, more: Partial<ComponentResult> = {}): ComponentResult {
  return { component, ok: true, action, error: "", hint: "", version: "", imageDigest: "", containerId: "", deployment: 0, ...more };
}

/** `after` says what became of what was there before. */
export function failedResult(component: string, thrown: unknown, after = ""): ComponentResult {
  const { message, hint = "" } = toAppError(thrown);
  return resultOf(component, "failed", { ok: false, error: after === "" ? message : `${message}; ${after}`, hint });
}

/** What an operation did before its agent was killed is found unchanged after, and was done by it all the same. */
export function withDone(result: ComponentResult, done: ReadonlyMap<string, string>): ComponentResult {
  const action = result.action === "unchanged" ? done.get(result.component) : undefined;
  return action === undefined ? result : { ...result, action };
}

export interface Outcome {
  readonly state: Exclude<OperationState, "running">;
  readonly results: readonly ComponentResult[];
  readonly error: string;
}

/** All went well, none did, or some. Rolled back: none did, and what each was before is there again. */
export function outcomeOf(results: readonly ComponentResult[]): Outcome {
  const failed = results.filter(({ ok }) => !ok);
  const error = failed.map(({ component, action, error }) => `${component}: ${error === "" ? action : error}`).join("\n");
  if (failed.length === 0) return { state: "succeeded", results, error };
  if (failed.length < results.length) return { state: "partial", results, error };
  return { state: failed.every(({ action }) => action === "rolled back") ? "rolled_back" : "failed", results, error };
}

import type { z } from "zod";
import { INVALID_PARAMS, JsonRpcFault } from "../../../mcp/json-rpc.ts";

type Path = readonly PropertyKey[];

const MAX_REPORTED = 5;
const MAX_SHOWN = 80;

/** A -32602 fault that names the argument, what was given and what is allowed. */
export function invalidArgument(path: Path, given: unknown, allowed: string): JsonRpcFault {
  return new JsonRpcFault(INVALID_PARAMS, complaint(path, given, allowed));
}

/**
 * A -32602 fault from a failed parse of `args`.
 *
 * Every schema of this server carries, as its error text, what it allows.
 */
export function faultFromIssues(issues: readonly z.core.$ZodIssue[], args: unknown): JsonRpcFault {
  const complaints = issues.flatMap((issue) => complaintsOf(issue, args));
  return new JsonRpcFault(INVALID_PARAMS, [...new Set(complaints)].slice(0, MAX_REPORTED).join("; "));
}

function complaintsOf(issue: z.core.$ZodIssue, args: unknown): string[] {
  if (issue.code !== "unrecognized_keys") return [complaint(issue.path, valueAt(args, issue.path), issue.message)];
  return issue.keys.map((key) => `${pathText([...issue.path, key])} is an unknown argument; allowed: ${issue.message}`);
}

function complaint(path: Path, given: unknown, allowed: string): string {
  const name = path.length === 0 ? "arguments" : pathText(path);
  return given === undefined ? `${name} is missing; allowed: ${allowed}` : `${name} was ${shown(given)}; allowed: ${allowed}`;
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? cut(String(key)) : `${text}.${cut(String(key))}`;
  }, "");
}

function shown(value: unknown): string {
  return cut(JSON.stringify(value) ?? String(value));
}

/** At most 80 characters of what a caller sent. */
export function cut(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

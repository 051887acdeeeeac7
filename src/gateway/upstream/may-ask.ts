import { isJsonObject } from "../../mcp/client/json-object.ts";

/** What a client must have offered to be asked this (2025-11-25, Client Features). */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ["sampling/createMessage", "sampling"],
  ["elicitation/create", "elicitation"],
  ["roots/list", "roots"],
]);

/**
 * Whether a server may ask this of a client that offers these capabilities, in the form of `initialize`. What the
 * protocol does not name may be asked of one that offers something which the protocol does not name either.
 */
export function mayAsk(capabilities: Readonly<Record<string, unknown>>, method: string): boolean {
  const needed = NEEDED.get(method) ?? (method.startsWith("tasks/") ? "tasks" : undefined);
  const offers = (name: string) => Object.hasOwn(capabilities, name) && isJsonObject(capabilities[name]);
  return needed === undefined ? offers("experimental") || offers("extensions") : offers(needed);
}

/** Whether a client with these capabilities may be asked anything at all. */
export function mayAskAnything(capabilities: Readonly<Record<string, unknown>>): boolean {
  return [...NEEDED.values(), "tasks", "experimental", "extensions"].some((name) => isJsonObject(capabilities[name]));
}

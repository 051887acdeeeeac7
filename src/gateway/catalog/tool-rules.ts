import { isDeepStrictEqual } from "node:util";
import type { ServerDefinition, ServerPolicy } from "../../api/server-definition.ts";
import { matchesAnyGlob } from "../../core/glob.ts";

/** What of a server's tools is offered, and how. */
export interface ToolRules {
  readonly handle: string;
  /** Tools that the server declares to write are offered. */
  readonly writeTools: boolean;
  /** Patterns of tools that are refused. */
  readonly deny: readonly string[];
  /** By the server's own names. */
  readonly tools: NonNullable<ServerPolicy["tools"]>;
}

/** Why a tool is not offered. */
export type Withheld = "writes" | "denied" | "hidden" | Changed;

/** It is not defined as it was when it was approved. Undefined: its definition has no digest. */
export interface Changed {
  readonly definition: string | undefined;
}

/** The rules of a server: its own, over those of the installation. */
export function toolRulesOf({ handle, writeTools, policy }: ServerDefinition, denyTools: readonly string[]): ToolRules {
  return { handle, writeTools, deny: [...denyTools, ...(policy.denyTools ?? [])], tools: policy.tools ?? {} };
}

export function isSameRules(one: ToolRules, other: ToolRules): boolean {
  return isDeepStrictEqual(one, other);
}

/** Whether everything is offered as it is, so that a tool may be called before its server's list is known. */
export function offersAll({ writeTools, deny, tools }: ToolRules): boolean {
  return writeTools && deny.length === 0 && Object.keys(tools).length === 0;
}

/** Judged by the name that the server itself gives the tool, whatever clients call it. Undefined: it is offered. */
export function withheldBy(rules: ToolRules, { own, writes }: { readonly own: string; readonly writes: boolean }): Withheld | undefined {
  if (matchesAnyGlob(rules.deny, own) || matchesAnyGlob(rules.deny, `${rules.handle}__${own}`)) return "denied";
  if (settingOf(rules, own)?.hidden === true) return "hidden";
  return writes && !rules.writeTools ? "writes" : undefined;
}

/** The new names that the rules give, by the server's own. */
export function renamesOf({ tools }: ToolRules): Map<string, string> {
  return new Map(Object.entries(tools).flatMap(([own, { rename }]) => (rename === undefined || rename === own ? [] : [[own, rename]])));
}

/** The digest of the definition that was approved; undefined where any is. */
export function approvedDefinition(rules: ToolRules, own: string): string | undefined {
  return settingOf(rules, own)?.definition;
}

export function descriptionOf(rules: ToolRules, own: string): string | undefined {
  return settingOf(rules, own)?.description;
}

/** A server may call its tool anything, `constructor` too. */
function settingOf({ tools }: ToolRules, own: string) {
  return Object.hasOwn(tools, own) ? tools[own] : undefined;
}

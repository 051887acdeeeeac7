import { existsSync } from "node:fs";
import { nearest } from "../../core/nearest.ts";
import { fleetConfigPath, readFleetConfig } from "../config/fleet-config.ts";
import { findKind, KIND_WORDS } from "../kinds/kinds.ts";
import type { CliDeps } from "../ports.ts";
import { serviceFilePath } from "./service-file.ts";
import { parseServiceTarget, type ServiceTarget } from "./service-target.ts";

/** Whose log a word names: a server's, a component's, or either. */
export type LogTarget = { readonly kind: "server" } | ({ readonly kind: "component" | "either" } & ServiceTarget);

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * `server/NAME` is a server's, `SERVICE/COMPONENT` a component's; a name alone, or behind a word that is nearly a kind, may
 * be either, and with a node it is a component's. What looks like no name of a service is left to those who know servers.
 */
export function parseLogTarget(word: string, node: string | undefined): LogTarget {
  if (node !== undefined) return { kind: "component", ...parseServiceTarget(word) };
  const names = word.split("/");
  const [first = "", second] = names;
  if (names.length > 2 || !names.every((name) => NAME.test(name))) return { kind: "server" };
  if (second === undefined) return { kind: "either", ...parseServiceTarget(word) };
  if (findKind(first) !== undefined) return { kind: "server" };
  return { kind: nearest(first, KIND_WORDS).length > 0 ? "either" : "component", ...parseServiceTarget(word) };
}

/** Whether a service of that name may be there: it has a file, or there are nodes to ask. */
export function mayBeService(env: CliDeps["env"], flag: string | undefined, service: string): boolean {
  if (fleetConfigPath(env, flag) === undefined) return false;
  const { servicesDir, nodes } = readFleetConfig(env, flag);
  return nodes.length > 0 || existsSync(serviceFilePath(servicesDir, service));
}

import { readdirSync } from "node:fs";
import type { Command } from "commander";
import { configPath, readConfig } from "../config/cli-config.ts";
import { connect, contextFlag } from "../config/connect.ts";
import { readFleetConfig } from "../config/fleet-config.ts";
import type { Kind } from "../kinds/kind.ts";
import { listResources } from "../kinds/kind-api.ts";
import { parseKind } from "../kinds/kinds.ts";
import type { CliDeps } from "../ports.ts";
import { CONTEXTS, FLEET_NODES, FLEET_SERVICES } from "./word-source.ts";

/** Somebody waits with a finger on the key. */
const TIMEOUT_MS = 1_000;
const MAX_NAMES = 500;
/** A shell expands what it completes: nothing else leaves this program. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._@/-]*$/;

/** `__complete NOUN`: names for completion scripts, one a line; nothing at all where anything fails. */
export function addCompleteCommand(program: Command, deps: CliDeps): void {
  program
    .command("__complete", { hidden: true })
    .argument("[noun]")
    .option("-p, --project <project>")
    .option("--context <name>")
    .action(async (noun: string | undefined, { project }: { project?: string }, self: Command) => {
      const names = await namesOf(deps, noun ?? "", project, contextFlag(self)).catch(() => []);
      deps.stdout(
        names
          .filter((name) => PLAIN.test(name))
          .map((name) => `${name}\n`)
          .join(""),
      );
    });
}

async function namesOf(deps: CliDeps, noun: string, project: string | undefined, context: string | undefined): Promise<readonly string[]> {
  if (noun === CONTEXTS) return Object.keys(readConfig(configPath(deps.env)).contexts);
  if (noun === FLEET_NODES) return readFleetConfig(deps.env, undefined).nodes.map(({ name }) => name);
  if (noun === FLEET_SERVICES) return serviceNames(readFleetConfig(deps.env, undefined).servicesDir);
  const prefix = noun.endsWith("/") ? noun : "";
  const kind = parseKind(prefix === "" ? noun : noun.slice(0, -1));
  const { api } = connect({ ...deps, stderr: () => undefined }, context, TIMEOUT_MS);
  const query = kind.inProject && project !== undefined ? { project } : {};
  const { items } = await listResources(api, kind, { query, limit: MAX_NAMES });
  return items.map((item) => prefix + nameIn(kind, item, project));
}

/** By the names of their files: reading these may take longer than a key. */
function serviceNames(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => (name.endsWith(".toml") ? [name.slice(0, -".toml".length)] : []));
}

/** As it has to be typed: with its project where that is not typed already. */
function nameIn(kind: Kind, item: Readonly<Record<string, unknown>>, project: string | undefined): string {
  const name = String(item[kind.nameKey]);
  return kind.inProject && project === undefined ? `${String(item.project)}/${name}` : name;
}

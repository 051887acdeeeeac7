import type { Command } from "commander";
import { AppError } from "../core/app-error.ts";
import { addApiCommand, jsonText, OUTPUTS, type Output, outputOption } from "./api-command.ts";
import { type Connection, withApi } from "./config/connect.ts";
import { printOutcomes, tryEach } from "./each-outcome.ts";
import { setExitCode } from "./exit-code.ts";
import type { Kind, Resource } from "./kinds/kind.ts";
import { getResource, listResources } from "./kinds/kind-api.ts";
import { parseTargets, type ResourceRef } from "./kinds/resource-ref.ts";
import { addFilterOptions, type FilterFlags, flagOf, givenFilters, parseFilters } from "./list-filters.ts";
import type { CliDeps } from "./ports.ts";
import { renderListJson, renderResources } from "./render-resources.ts";

type Flags = FilterFlags & {
  readonly output: Output;
  readonly all?: boolean;
  readonly limit?: string;
  readonly sort?: string;
  readonly project?: string;
};

const EXAMPLES = [
  "mcpctl get projects",
  "mcpctl get project demo -o yaml",
  "mcpctl get mcptokens -p demo -o wide",
  "mcpctl get mcptoken ci -p demo",
  "mcpctl get audit --token ci --since 1h",
];

/** `get KIND [NAME…]`: a list, or the ones that are named. */
export function addGetCommand(program: Command, deps: CliDeps): void {
  const command = addApiCommand(program, "get", "show resources of a kind", EXAMPLES)
    .argument("<kind>", "kind of resource, or KIND/NAME")
    .argument("[names...]", "names or ids; without one all are listed")
    .addOption(outputOption(OUTPUTS, "table"))
    .option("--all", "every one, however many there are")
    .option("--limit <number>", "so many at most (default: 1000; audit: 100)")
    .option("--sort <field>", "order by this field, with - before it the other way round, as -createdAt");
  addFilterOptions(command).action(async (kindWord: string, names: string[], flags: Flags, self: Command) => {
    const { kind, refs } = parseTargets(kindWord, names, flags.project);
    if (refs.length > 0) requireNoFilter(kind, flags);
    await withApi(deps, self, async (connection) =>
      refs.length === 0
        ? showList(deps, connection, kind, flags)
        : showNamed({ deps, connection, kind, command: self }, refs, flags.output),
    );
  });
}

async function showList(deps: CliDeps, { api }: Connection, kind: Kind, flags: Flags): Promise<void> {
  const query = { ...parseFilters(kind, flags, deps.now()), ...(flags.sort === undefined ? {} : { sort: flags.sort }) };
  const limit = flags.all === true ? Number.POSITIVE_INFINITY : parseLimit(flags.limit, kind.listLimit);
  const { items, more } = await listResources(api, kind, { query, limit });
  deps.stdout(flags.output === "json" ? renderListJson(items) : await renderResources(kind, items, flags.output, deps.now()));
  if (items.length === 0) deps.stderr(`No ${kind.plural} found\n`);
  if (more) deps.stderr(`… there are more than these ${items.length}: --all shows every one\n`);
}

interface Shown {
  readonly deps: CliDeps;
  readonly connection: Connection;
  readonly kind: Kind;
  readonly command: Command;
}

/** What is there is shown, and each that is not is said; one alone fails as it failed. */
async function showNamed({ deps, connection, kind, command }: Shown, refs: readonly ResourceRef[], output: Output): Promise<void> {
  const [only] = refs;
  if (refs.length === 1 && only !== undefined) {
    const item = await getResource(connection.api, kind, only);
    deps.stdout(output === "json" ? jsonText(item) : await renderResources(kind, [item], output, deps.now()));
    return;
  }
  const outcomes = await tryEach(refs, (ref) => getResource(connection.api, kind, ref));
  const items = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value as Resource] : []));
  deps.stdout(output === "json" ? renderListJson(items) : await renderResources(kind, items, output, deps.now()));
  setExitCode(command, printOutcomes(deps, outcomes));
}

function requireNoFilter(kind: Kind, flags: FilterFlags): void {
  const given = givenFilters(flags).find((name) => !(name === "project" && kind.inProject));
  if (given === undefined) return;
  throw new AppError("invalid", "FILTER_WITH_NAME", `${flagOf(given)} narrows a list down; these ${kind.plural} are named`, {
    hint: "leave the names or the filter out",
  });
}

function parseLimit(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1) return limit;
  throw new AppError("invalid", "LIMIT_INVALID", `--limit '${text}' is no number of resources`, { hint: "write 1 to 999999, or --all" });
}

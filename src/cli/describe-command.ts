import type { Command } from "commander";
import { addApiCommand, jsonText, outputOption } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import { getResource } from "./kinds/kind-api.ts";
import { parseTargets } from "./kinds/resource-ref.ts";
import type { CliDeps } from "./ports.ts";
import { renderDetails } from "./render-details.ts";

const EXAMPLES = ["mcpctl describe project demo", "mcpctl describe mcptoken ci -p demo", "mcpctl describe server/content"];

/** `describe KIND NAME…`: everything about a few. */
export function addDescribeCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "describe", "show all about a resource", EXAMPLES)
    .argument("<kind>", "kind of resource, or KIND/NAME")
    .argument("[names...]", "names or ids")
    .option("-p, --project <project>", "project of tokens and prompts")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (kindWord: string, names: string[], flags: { project?: string; output: string }, self: Command) => {
      const { kind, refs } = parseTargets(kindWord, names, flags.project);
      if (refs.length === 0) self.error(`error: missing required argument 'names': which ${kind.singular}?`);
      await withApi(deps, self, async ({ api }) => {
        const found = [];
        for (const ref of refs) found.push(await getResource(api, kind, ref));
        const [only] = found;
        if (flags.output === "json") deps.stdout(jsonText(found.length === 1 ? only : { items: found, nextCursor: null }));
        else deps.stdout(found.map((resource) => renderDetails(kind, resource, deps.now())).join("\n"));
      });
    });
}

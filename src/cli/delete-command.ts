import type { Command } from "commander";
import { addApiCommand } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import { printOutcomes, tryEach } from "./each-outcome.ts";
import { setExitCode } from "./exit-code.ts";
import { deleteResource } from "./kinds/kind-api.ts";
import { formatRef, parseTargets } from "./kinds/resource-ref.ts";
import type { CliDeps } from "./ports.ts";

const EXAMPLES = ["mcpctl delete project demo", "mcpctl delete mcptoken ci nightly -p demo", "mcpctl delete server/old server/older"];

const EXIT_CODES = "Exit codes:\n  0  all deleted\n  1  none deleted\n  3  some deleted";

/** `delete KIND NAME…`: each on its own; one that cannot be deleted keeps none of the others. */
export function addDeleteCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "delete", "delete resources", EXAMPLES, EXIT_CODES)
    .argument("<kind>", "kind of resource, or KIND/NAME")
    .argument("[names...]", "names or ids")
    .option("-p, --project <project>", "project of tokens and prompts")
    .action(async (kindWord: string, names: string[], flags: { project?: string }, self: Command) => {
      const { kind, refs } = parseTargets(kindWord, names, flags.project);
      if (refs.length === 0) self.error(`error: missing required argument 'names': which ${kind.singular}?`);
      await withApi(deps, self, async ({ api }) => {
        const remove = async (ref: (typeof refs)[number]) => {
          await deleteResource(api, kind, ref);
          deps.stdout(`${formatRef(kind, ref)} deleted\n`);
        };
        const [only] = refs;
        if (refs.length === 1 && only !== undefined) return remove(only);
        return setExitCode(self, printOutcomes(deps, await tryEach(refs, remove)));
      });
    });
}

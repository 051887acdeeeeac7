import type { Command } from "commander";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import { addApiCommand, addCommandGroup } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import { printOutcomes, tryEach } from "./each-outcome.ts";
import { setExitCode } from "./exit-code.ts";
import { mcpTokenKind } from "./kinds/mcp-token-kind.ts";
import { formatRef, parseRef } from "./kinds/resource-ref.ts";
import type { CliDeps } from "./ports.ts";

const EXAMPLES = ["mcpctl token revoke ci -p demo", "mcpctl token revoke tok_4fT…"];

/** `token revoke`: a revoked token opens nothing and is still listed. */
export function addTokenCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "token", "revoke tokens").alias("mcptoken");
  addApiCommand(group, "revoke", "revoke tokens; 'mcpctl delete mcptoken' forgets them besides", EXAMPLES)
    .argument("<names...>", "names or ids")
    .option("-p, --project <project>", "project of the tokens")
    .action(async (names: string[], { project }: { project?: string }, self: Command) => {
      const refs = names.map((name) => parseRef(mcpTokenKind, name, project));
      await withApi(deps, self, async ({ api }) => {
        const outcomes = await tryEach(refs, async (ref) => {
          await api.call(ENDPOINTS.mcptokens.revoke, { params: { id: ref.name }, query: { project: ref.project } });
          deps.stdout(`${formatRef(mcpTokenKind, ref)} revoked\n`);
        });
        setExitCode(self, printOutcomes(deps, outcomes));
      });
    });
}

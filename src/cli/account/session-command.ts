import type { Command } from "commander";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { SessionResource } from "../../api/resources/user.ts";
import { agoOf, untilOf } from "../age.ts";
import { alignTable } from "../align-table.ts";
import { addApiCommand, addCommandGroup, jsonText, outputOption } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { printOutcomes, tryEach } from "../each-outcome.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";

/** `session list|revoke`: log-ins. */
export function addSessionCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "session", "show and end log-ins");
  addApiCommand(group, "list", "list your log-ins; * is this one", ["mcpctl session list", "mcpctl session list --user jo"])
    .option("--user <user>", "those of another user")
    .addOption(outputOption(["table", "json"], "table"))
    .action(async ({ user, output }: { user?: string; output: string }, self: Command) => {
      await withApi(deps, self, async ({ api }) => {
        const reply = await api.call(ENDPOINTS.sessions.list, { query: { user } });
        deps.stdout(output === "json" ? jsonText(reply) : renderSessions(reply.items, deps.now()));
      });
    });
  addApiCommand(group, "revoke", "end log-ins", ["mcpctl session revoke ses_4fT…"])
    .argument("<ids...>", "ids, as 'mcpctl session list' shows them")
    .action(async (ids: string[], _flags: object, self: Command) => {
      await withApi(deps, self, async ({ api }) => {
        const outcomes = await tryEach(ids, async (id) => {
          await api.call(ENDPOINTS.sessions.delete, { params: { id } });
          deps.stdout(`session/${id} ended\n`);
        });
        setExitCode(self, printOutcomes(deps, outcomes));
      });
    });
}

function renderSessions(sessions: readonly SessionResource[], now: Date): string {
  const rows = sessions.map(({ id, username, client, createdAt, lastUsedAt, expiresAt, address, current }) => [
    current ? "*" : "",
    id,
    username,
    client,
    agoOf(createdAt, now),
    agoOf(lastUsedAt, now),
    untilOf(expiresAt, now),
    address ?? "-",
  ]);
  return alignTable([["", "ID", "USER", "CLIENT", "CREATED", "LAST USED", "ENDS", "ADDRESS"], ...rows]);
}

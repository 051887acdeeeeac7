import type { Command } from "commander";
import type { ReplyOf } from "../../api/endpoint.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { describeCaller, type Principal } from "../../core/caller.ts";
import { oneLine } from "../../core/one-line.ts";
import { formatBinding } from "../../core/permission.ts";
import { untilOf } from "../age.ts";
import { addApiCommand, jsonText, outputOption } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { joined } from "../kinds/cells.ts";
import type { CliDeps } from "../ports.ts";

type Me = ReplyOf<typeof ENDPOINTS.auth.whoami>;

/** `whoami`: who the credential is, and what it may do. */
export function addWhoamiCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "whoami", "show who you are and what you may do", ["mcpctl whoami", "mcpctl whoami -o json"])
    .addOption(outputOption(["text", "json"], "text"))
    .action(async ({ output }: { output: string }, self: Command) => {
      await withApi(deps, self, async ({ api, url, context }) => {
        const me = await api.call(ENDPOINTS.auth.whoami, {});
        deps.stdout(
          output === "json" ? jsonText(me) : renderMe(me, context === undefined ? url : `${url} (context ${context})`, deps.now()),
        );
      });
    });
}

function renderMe({ principal, roles, groups, bindings, expiresAt }: Me, at: string, now: Date): string {
  const rights = bindings.map(({ binding, source }) => oneLine(`${formatBinding(binding)} (${source})`));
  const lines = [
    oneLine(`${describeCaller(principal as Principal)} at ${at}`),
    `Roles:    ${joined(roles)}`,
    `Groups:   ${joined(groups)}`,
    `Expires:  ${expiresAt === null ? "never" : `${expiresAt} (${untilOf(expiresAt, now)})`}`,
    "May:",
    ...(rights.length === 0 ? ["  nothing"] : rights.map((right) => `  ${right}`)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

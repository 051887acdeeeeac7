import type { Command } from "commander";
import { addApiCommand } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { gatewayKind } from "../kinds/gateway-kind.ts";
import { createResource } from "../kinds/kind-api.ts";
import type { CliDeps } from "../ports.ts";
import { type IssuedOutput, issuedOutputOption, printIssued } from "./issued.ts";

const EXAMPLES = [
  "mcpctl create gateway edge-1 > gateway.key && chmod 600 gateway.key",
  "MCPLOCAL_GATEWAY_TOKEN_FILE=gateway.key mcplocal serve",
];

export const GATEWAY_NOTES = ["Put its key into a file and name it in MCPLOCAL_GATEWAY_TOKEN_FILE where 'mcplocal serve' runs."] as const;

export function addCreateGateway(create: Command, deps: CliDeps): void {
  addApiCommand(create, "gateway", "enrol a gateway that runs apart from mcpd", EXAMPLES)
    .argument("<name>", "its name: 2-63 of a-z, 0-9 and '-'")
    .option("--description <text>", "one line for people")
    .addOption(issuedOutputOption())
    .action(async (name: string, { description, output }: { description?: string; output: IssuedOutput }, self: Command) => {
      await withApi(deps, self, async ({ api }) =>
        printIssued(deps, gatewayKind, await createResource(api, gatewayKind, { name, description }), output, GATEWAY_NOTES),
      );
    });
}

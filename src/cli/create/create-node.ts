import type { Command } from "commander";
import { addApiCommand } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { nodeKind } from "../kinds/node-kind.ts";
import type { CliDeps } from "../ports.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly certificateStdin?: boolean;
  readonly description?: string;
  readonly output: CreateOutput;
}

const MAX_BYTES = 32_768;

const EXAMPLES = [
  "mcpctl create node rack-1 rack-1.example.org:9444",
  "mcpctl create node rack-2 10.0.0.12:9444 --certificate-stdin < rack-2.pem",
];

const NOTE = `A server with '--service' names the node that its component runs on; gateways reach it through that node's agent.
Without a certificate the agent must show one that the system trusts.`;

export function addCreateNode(create: Command, deps: CliDeps): void {
  addApiCommand(create, "node", "make a machine with an agent known", EXAMPLES, NOTE)
    .argument("<name>", "its name: 2-63 of a-z, 0-9 and '-'")
    .argument("<address>", "where its agent listens, HOST:PORT")
    .option("--certificate-stdin", "read the certificate that its agent shows, or that of who has signed it, in PEM from standard input")
    .option("--description <text>", "one line for people")
    .addOption(createOutputOption())
    .action(async (name: string, address: string, { certificateStdin, description, output }: Flags, self: Command) => {
      const certificate = certificateStdin === true ? (await deps.readStdin(MAX_BYTES)).trim() : undefined;
      await withApi(deps, self, async ({ api }) =>
        printCreated(deps, nodeKind, await createResource(api, nodeKind, { name, address, description, certificate }), output),
      );
    });
}

import type { Command } from "commander";
import { AppError } from "../../core/app-error.ts";
import { addApiCommand } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { secretKind } from "../kinds/secret-kind.ts";
import type { CliDeps } from "../ports.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly valueStdin?: boolean;
  readonly description?: string;
  readonly output: CreateOutput;
}

const MAX_BYTES = 65_536;

const EXAMPLES = [
  "pass show docs/key | mcpctl create secret docs-key --value-stdin",
  "mcpctl create secret docs-key < key.txt --value-stdin",
];

export function addCreateSecret(create: Command, deps: CliDeps): void {
  addApiCommand(create, "secret", "keep a secret for servers to use; nothing gives its value back", EXAMPLES)
    .argument("<name>", "its name: 2-63 of a-z, 0-9 and '-'")
    .option("--value-stdin", "read its value from standard input; one line end at its end does not count")
    .option("--description <text>", "one line for people")
    .addOption(createOutputOption())
    .action(async (name: string, { valueStdin, description, output }: Flags, self: Command) => {
      const value = await readValue(deps, valueStdin === true);
      await withApi(deps, self, async ({ api }) =>
        printCreated(deps, secretKind, await createResource(api, secretKind, { name, description, value }), output),
      );
    });
}

/** The whole of standard input, or what is typed at the terminal. */
async function readValue(deps: CliDeps, fromStdin: boolean): Promise<string> {
  if (!fromStdin && !deps.isTerminal) {
    throw new AppError("invalid", "SECRET_VALUE_MISSING", "The secret has no value", { hint: "pipe it in and add --value-stdin" });
  }
  const value = fromStdin ? (await deps.readStdin(MAX_BYTES)).replace(/\r?\n$/, "") : await deps.readPassword("Value: ");
  if (value !== "") return value;
  const nowhere = fromStdin ? "--value-stdin found nothing on standard input" : "Nothing was typed";
  throw new AppError("invalid", "STDIN_EMPTY", nowhere, { hint: "pipe it in: … | mcpctl … --value-stdin" });
}

import type { Command } from "commander";
import { AppError } from "../../core/app-error.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { promptKind } from "../kinds/prompt-kind.ts";
import type { CliDeps } from "../ports.ts";
import { readText } from "../read-text.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags {
  readonly project: string;
  readonly templateFile: string;
  readonly arg?: readonly string[];
  readonly description?: string;
  readonly output: CreateOutput;
}

const MAX_TEMPLATE_BYTES = 128 * 1024;

const EXAMPLES = [
  "mcpctl create prompt review -p demo --template-file review.md --arg 'diff!:the change' --arg tone:how to say it",
  "echo 'Say hello to {{name}}.' | mcpctl create prompt hello -p demo --template-file - --arg 'name!'",
];

export function addCreatePrompt(create: Command, deps: CliDeps): void {
  addApiCommand(create, "prompt", "add a prompt to a project", EXAMPLES)
    .argument("<name>", "its name: 2-63 of a-z, 0-9 and '-'")
    .requiredOption("-p, --project <project>", "project that it belongs to")
    .requiredOption("--template-file <file>", "its text, with {{argument}} where an argument goes; - is standard input")
    .option("--arg <argument>", "name[!]:description of an argument, ! for a required one; may be repeated", collect)
    .option("--description <text>", "one line for people")
    .addOption(createOutputOption())
    .action(async (name: string, flags: Flags, self: Command) => {
      const { project, description, output } = flags;
      const template = await readText(deps, flags.templateFile, MAX_TEMPLATE_BYTES);
      const body = { name, project, description, arguments: (flags.arg ?? []).map(parsePromptArgument), template };
      await withApi(deps, self, async ({ api }) => printCreated(deps, promptKind, await createResource(api, promptKind, body), output));
    });
}

/** `name[!][:description]`. Throws `invalid`/`PROMPT_ARGUMENT_INVALID`. */
export function parsePromptArgument(text: string): { name: string; description: string; required: boolean } {
  const [, name, mark, description] = /^\s*([^\s!:]+)\s*(!?)\s*(?::([\s\S]*))?$/.exec(text) ?? [];
  if (name !== undefined) return { name, description: (description ?? "").trim(), required: mark === "!" };
  throw new AppError("invalid", "PROMPT_ARGUMENT_INVALID", `--arg '${text}' is no argument of a prompt`, {
    hint: "write NAME:DESCRIPTION, or NAME!:DESCRIPTION for a required one",
  });
}

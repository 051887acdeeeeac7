import { type Command, Option } from "commander";
import { printableJson } from "../core/printable-json.ts";

/** The formats of what a command shows. */
export const OUTPUTS = ["table", "wide", "json", "yaml", "name"] as const;
export type Output = (typeof OUTPUTS)[number];

/** A command that speaks to mcpd: with `--context` and, at the end of its help, a note and examples. */
export function addApiCommand(parent: Command, name: string, description: string, examples: readonly string[], note?: string): Command {
  return withContextOption(addCommand(parent, name, description, examples, note));
}

/** A command with examples in its help. */
export function addCommand(parent: Command, name: string, description: string, examples: readonly string[], note?: string): Command {
  const lines = examples.map((example) => `  ${example}\n`).join("");
  const text = `${note === undefined ? "" : `\n${note}\n`}\nExamples:\n${lines}`;
  return parent.command(name).description(description).addHelpText("after", text);
}

/** A command that only holds others. */
export function addCommandGroup(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

export function withContextOption(command: Command): Command {
  return command.option("--context <name>", "installation to speak to, as 'mcpctl context list' names it");
}

export function outputOption(choices: readonly string[], fallback: string): Option {
  return new Option("-o, --output <format>", "format of the output").choices([...choices]).default(fallback);
}

export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** What the API returned, as it is. */
export function jsonText(value: unknown): string {
  return `${printableJson(value, 2)}\n`;
}

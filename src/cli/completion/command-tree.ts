import type { Command, Option } from "commander";
import { sourceOfArgument, sourceOfOption, type WordSource } from "./word-source.ts";

export interface CompletedOption {
  /** `-o` and `--output`. */
  readonly words: readonly string[];
  readonly description: string;
  /** Undefined where it takes no value. */
  readonly value: WordSource | undefined;
}

/** One command as completions need it. */
export interface CommandNode {
  /** The words that lead to it, the program's name first: `mcpctl create mcptoken`. */
  readonly path: string;
  /** What else leads to it, its parent by its own name: `mcpctl create token`. */
  readonly aliases: readonly string[];
  readonly children: readonly { readonly word: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
  /** Of each operand; the last one's holds for all that follow where `variadic` says so. */
  readonly operands: readonly WordSource[];
  readonly variadic: boolean;
}

/** The commands of a program, itself first, without hidden ones. */
export function commandTree(program: Command): readonly CommandNode[] {
  return walk(program, program.name(), []);
}

function walk(command: Command, path: string, aliases: readonly string[]): readonly CommandNode[] {
  const help = command.createHelp();
  const shown = help.visibleCommands(command).filter((child) => child.name() !== "help");
  const node: CommandNode = {
    path,
    aliases,
    children: shown.flatMap((child) =>
      [child.name(), ...child.aliases()].map((word) => ({ word, description: firstClause(child.description()) })),
    ),
    options: help.visibleOptions(command).map((option) => completed(option)),
    operands: command.registeredArguments.map((argument) => sourceOfArgument(path, argument.name(), argument.argChoices)),
    variadic: command.registeredArguments.at(-1)?.variadic === true,
  };
  const below = shown.flatMap((child) =>
    walk(
      child,
      `${path} ${child.name()}`,
      child.aliases().map((alias) => `${path} ${alias}`),
    ),
  );
  return [node, ...below];
}

function completed(option: Option): CompletedOption {
  const words = [option.short, option.long].filter((word) => word !== undefined);
  const takesValue = option.required || option.optional;
  return {
    words,
    description: firstClause(option.description),
    value: takesValue ? sourceOfOption(option.long ?? "", option.argChoices) : undefined,
  };
}

/** What fits beside a word in a list. */
function firstClause(text: string): string {
  return text.split(/[;:(]/)[0]?.trim() ?? "";
}

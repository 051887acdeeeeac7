import { Argument, type Command } from "commander";
import { addCommand } from "../api-command.ts";
import type { CliOutput } from "../ports.ts";
import { bashCompletion } from "./bash-completion.ts";
import { type CommandNode, commandTree } from "./command-tree.ts";
import { fishCompletion } from "./fish-completion.ts";
import { zshCompletion } from "./zsh-completion.ts";

const SCRIPTS: Readonly<Record<string, (tree: readonly CommandNode[]) => string>> = {
  bash: bashCompletion,
  fish: fishCompletion,
  zsh: zshCompletion,
};

const EXAMPLES = [
  "mcpctl completion bash > ~/.local/share/bash-completion/completions/mcpctl",
  "mcpctl completion fish > ~/.config/fish/completions/mcpctl.fish",
  "mcpctl completion zsh > ~/.zfunc/_mcpctl    # with fpath+=~/.zfunc before compinit",
];

/** `completion bash|fish|zsh`: the script that completes the commands, flags and names of this program. */
export function addCompletionCommand(program: Command, output: CliOutput): void {
  addCommand(program, "completion", "print the completion script of a shell", EXAMPLES)
    .addArgument(new Argument("<shell>", "shell").choices(Object.keys(SCRIPTS)))
    .action((shell: string) => output.stdout(completionScript(program, shell)));
}

/** The script of `shell`, which is one that there is. */
export function completionScript(program: Command, shell: string): string {
  return SCRIPTS[shell]?.(commandTree(program)) ?? "";
}

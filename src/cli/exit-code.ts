import type { Command } from "commander";

/** Commander drops what an action returns, so the code is kept beside the program that ran it. */
const codes = new WeakMap<Command, number>();

/** Says with which code the program of `command` shall end. */
export function setExitCode(command: Command, code: number): void {
  codes.set(rootOf(command), code);
}

/** 0 where no action said otherwise. */
export function exitCodeOf(program: Command): number {
  return codes.get(rootOf(program)) ?? 0;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

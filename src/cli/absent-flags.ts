import type { Command } from "commander";

/** Flags that a command has not and that people may try, with what to write in their place. */
const absent = new WeakMap<Command, Map<string, string>>();

/** Has the refusal of `flag`, which the command does not know, say what to write. */
export function hintForAbsentFlag(command: Command, flag: string, hint: string): Command {
  absent.set(command, new Map(absent.get(command)).set(flag, hint));
  return command;
}

/** The same for a password, which others could read among the arguments. */
export function refusePasswordFlag(command: Command): Command {
  return hintForAbsentFlag(command, "--password", "others can read the arguments of a process: pipe it in and add --password-stdin");
}

/** The hint for a message that refuses an option; undefined where there is none. */
export function absentFlagHint(command: Command, message: string): string | undefined {
  const flag = /unknown option '([^'=]+)/.exec(message)?.[1];
  return flag === undefined ? undefined : absent.get(command)?.get(flag);
}

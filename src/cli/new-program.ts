import { Command } from "commander";
import { VERSION } from "../core/version.ts";
import type { CliOutput } from "./ports.ts";

/** A program ready for `runCli`; main/ passes it on without looking inside. */
export type Program = Command;

const HELP_WIDTH = 110;

/** An empty program whose whole output goes through `output`; its errors are left to `runCli` to print. */
export function newProgram(name: string, description: string, output: CliOutput): Command {
  return new Command(name)
    .description(description)
    .version(VERSION)
    .configureOutput({
      writeOut: (text) => output.stdout(text),
      writeErr: (text) => output.stderr(text),
      outputError: () => undefined,
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

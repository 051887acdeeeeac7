import { type Command, CommanderError } from "commander";
import { AppError } from "../core/app-error.ts";
import { EXIT_CODE } from "../core/error-tables.ts";
import { absentFlagHint } from "./absent-flags.ts";
import { errorLines } from "./error-lines.ts";
import { exitCodeOf } from "./exit-code.ts";

const USAGE = 2;

/**
 * Runs a program on the words after its name and returns its exit code: what the action
 * said, 1 for a failure, 2 for wrong usage. Errors are printed as `error:` and `hint:`.
 */
export async function runCli(program: Command, argv: readonly string[]): Promise<number> {
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  let stoppedAt = program;
  forEachCommand(program, (command) =>
    command.exitOverride((error) => {
      stoppedAt = command;
      throw error;
    }),
  );
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCodeOf(program);
  } catch (thrown) {
    return printFailure(thrown, stoppedAt);
  }
}

function printFailure(thrown: unknown, stoppedAt: Command): number {
  const { writeErr } = stoppedAt.configureOutput();
  const print = (text: string) => writeErr?.(text);
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0;
    // The help is on standard error already: a group was named without one of its commands.
    if (thrown.code !== "commander.help") print(usageLines(thrown.message, stoppedAt));
    return USAGE;
  }
  if (thrown instanceof AppError) {
    print(errorLines(thrown.message, thrown.hint));
    return EXIT_CODE[thrown.code];
  }
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  print(errorLines(`Something failed inside: ${what}`, "this is a defect of the program; please report it with the command you typed"));
  return 1;
}

/** Commander writes `error: …`, and what it takes for meant on a line of its own: `(Did you mean --token?)`. */
function usageLines(message: string, stoppedAt: Command): string {
  const [line = "", ...rest] = message.split("\n");
  // What stands behind the = may be a secret that was meant for another flag.
  const first = line.replace(/(unknown option '[^'=]+)=.*'/, "$1'");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(rest.join(" "))?.[1];
  const removed = absentFlagHint(stoppedAt, first);
  if (removed !== undefined) return errorLines(first.replace(/^error: /, ""), removed);
  const hint = meant === undefined ? `'${pathOf(stoppedAt)} --help' shows what there is` : `did you mean ${meant}?`;
  return errorLines(first.replace(/^error: /, ""), hint);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

import type { Command } from "commander";
import { parsePathFlag } from "./path-flag.ts";
import type { McpdDeps } from "./ports.ts";

interface Flags {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

const AFTER_HELP = `
For whoever has lost the administrator's password and can read the data folder. The new password is printed once, on
standard output; every log-in of the user ends.

Example:
  mcpd reset-password admin
`;

/** `reset-password [username]`: a way back in for whoever owns the machine. */
export function addResetPasswordCommand(program: Command, deps: McpdDeps): void {
  program
    .command("reset-password")
    .description("give a user a new random password and print it once")
    .argument("[username]", "whose", "admin")
    .option("--data-dir <folder>", "data folder of the instance (default: your data folder)")
    .option("--database-url <url>", "its database, where it is not SQLite in the data folder (default: $MCPD_DATABASE_URL)")
    .addHelpText("after", AFTER_HELP)
    .action(async (username: string, flags: Flags) => {
      const dataDir = parsePathFlag("--data-dir", flags.dataDir);
      const databaseUrl = parsePathFlag("--database-url", flags.databaseUrl);
      const password = await deps.resetPassword({ username, dataDir, databaseUrl });
      deps.stderr(`The new password of ${username}, shown this once:\n`);
      deps.stdout(`${password}\n`);
    });
}

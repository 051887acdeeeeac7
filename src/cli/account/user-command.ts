import type { Command } from "commander";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { AppError } from "../../core/app-error.ts";
import { refusePasswordFlag } from "../absent-flags.ts";
import { addApiCommand, addCommandGroup } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import type { CliDeps } from "../ports.ts";
import { readSecretLine, readSecretLines } from "../read-text.ts";

const EXAMPLES = ["mcpctl user password", "pass show mcpctl/jo | mcpctl user password jo --password-stdin"];
const NOTE = "Your own takes the one that you have, which is asked for; on standard input it is the first line, the new one the second.";

/** `user password [NAME]`: one's own, or as an administrator another's. */
export function addUserCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "user", "change a user's password");
  const command = addApiCommand(group, "password", "set a password; without a name your own", EXAMPLES, NOTE)
    .argument("[name]", "another user")
    .option("--password-stdin", "read it from standard input")
    .action(async (name: string | undefined, { passwordStdin }: { passwordStdin?: boolean }, self: Command) => {
      const fromStdin = passwordStdin === true;
      if (!fromStdin && !deps.isTerminal) throw nobodyToAsk();
      if (name === undefined) await setOwn(deps, self, fromStdin);
      else await setAnothers(deps, self, name, fromStdin);
    });
  refusePasswordFlag(command);
}

async function setOwn(deps: CliDeps, self: Command, fromStdin: boolean): Promise<void> {
  const [current = "", next = ""] = fromStdin
    ? await readSecretLines(deps)
    : [await deps.readPassword("Current password: "), await askNew(deps)];
  if (current === "" || next === "") {
    throw new AppError("invalid", "PASSWORD_MISSING", "It takes the current password and the new one", {
      hint: "on standard input they are two lines",
    });
  }
  await withApi(deps, self, async ({ api }) => {
    await api.call(ENDPOINTS.auth.password, { body: { current, next } });
    deps.stdout("Password changed; your other sessions have ended\n");
  });
}

async function setAnothers(deps: CliDeps, self: Command, name: string, fromStdin: boolean): Promise<void> {
  const password = fromStdin ? await readSecretLine(deps, "--password-stdin") : await askNew(deps);
  await withApi(deps, self, async ({ api }) => {
    await api.call(ENDPOINTS.users.update, { params: { id: name }, body: { password } });
    deps.stdout(`user/${name} has a new password\n`);
  });
}

async function askNew({ readPassword }: CliDeps): Promise<string> {
  const [first, second] = [await readPassword("New password: "), await readPassword("Again: ")];
  if (first === second) return first;
  throw new AppError("invalid", "PASSWORDS_DIFFER", "The two are not the same", { hint: "nothing was changed; try again" });
}

function nobodyToAsk(): AppError {
  return new AppError("invalid", "PASSWORD_MISSING", "There is no password, and nobody to ask for it", {
    hint: "pipe it in and add --password-stdin",
  });
}

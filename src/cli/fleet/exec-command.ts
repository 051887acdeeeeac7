import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import { AppError } from "../../core/app-error.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { onlyOne } from "./component-logs.ts";
import { locateService } from "./locate-service.ts";
import { parseServiceTarget } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

const EXAMPLES = ["mcpctl exec ha/api -- ls -l /srv", "mcpctl exec ha/db -i -- psql < dump.sql"];
const NOTE = "It ends with the exit code of the command. What the command writes comes as it is.";

/** `exec SERVICE/COMPONENT -- COMMAND…`: runs a command in a component. */
export function addExecCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "exec", "run a command in a component", EXAMPLES, NOTE)
    .argument("<component>", "SERVICE/COMPONENT")
    .argument("<command...>", "program and arguments, behind --")
    .option("-i, --stdin", "pass on standard input")
    .option("--node <name>", "node of a service that has no file")
    .action(async (word: string, command: string[], flags: { stdin?: boolean; node?: string }, self: Command) => {
      const target = parseServiceTarget(word);
      await withFleet(deps, self, async (fleet) => {
        const { node, file, registered } = await locateService(fleet, target, { node: flags.node });
        const known = (file?.definition ?? registered)?.components.map(({ name }) => name) ?? [];
        const component = target.component ?? onlyOne(target.service, known);
        const start = { serviceName: target.service, component, command, stdin: flags.stdin === true };
        setExitCode(self, await run(deps, await fleet.agent(node), start));
      });
    });
}

interface Start {
  readonly serviceName: string;
  readonly component: string;
  readonly command: string[];
  readonly stdin: boolean;
}

/** Its exit code. Throws `unavailable`/`EXEC_ENDED` where it ended without one. */
async function run(deps: CliDeps, agent: AgentClient, start: Start): Promise<number> {
  const signal = deps.untilInterrupted();
  const decoder = new TextDecoder();
  for await (const { what } of agent.stream((rpc, options) => rpc.exec(input(deps, start), options), { signal })) {
    if (what.case === "stdout") deps.writeOutput(what.value);
    if (what.case === "stderr") deps.stderr(decoder.decode(what.value, { stream: true }));
    if (what.case === "exitCode") return what.value;
  }
  throw new AppError("unavailable", "EXEC_ENDED", "The command's stream ended without an exit code");
}

async function* input(deps: CliDeps, start: Start) {
  yield { what: { case: "start" as const, value: start } };
  if (start.stdin) for await (const value of deps.readInput()) yield { what: { case: "stdin" as const, value } };
  yield { what: { case: "stdinClosed" as const, value: true } };
}

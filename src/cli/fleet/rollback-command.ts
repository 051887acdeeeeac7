import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { messageJson } from "../../api/agent/message-json.ts";
import { AppError } from "../../core/app-error.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { beginOperation } from "./begin-operation.ts";
import { followOperation } from "./follow-operation.ts";
import { locateService } from "./locate-service.ts";
import { exitCodeOfResults, printResults } from "./print-results.ts";
import { parseServiceTarget } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly to?: string;
  readonly node?: string;
  readonly output: string;
}

const EXAMPLES = ["mcpctl rollback ha", "mcpctl rollback ha/api --to 3"];
const NOTE = "It needs no registry: what ran is kept on the node. The file stays as it is; the next deploy puts it into effect again.";

/** `rollback`: back to a deployment that is kept. */
export function addRollbackCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "rollback", "go back to the deployment before, or to one that is kept", EXAMPLES, NOTE)
    .argument("<service>", "SERVICE or SERVICE/COMPONENT")
    .option("--to <number>", "number of the deployment, as 'mcpctl list' shows it (default: the one before the current one)")
    .option("--node <name>", "node of a service that has no file")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (word: string, flags: Flags, self: Command) => {
      const target = parseServiceTarget(word);
      const to = parseDeployment(flags.to);
      await withFleet(deps, self, async (fleet) => {
        const { node } = await locateService(fleet, target, { node: flags.node });
        const agent = await fleet.agent(node);
        const { service: serviceName, component = "" } = target;
        const request = { serviceName, component, to, requestId: randomUUID(), noWait: true };
        const begun = await beginOperation(agent, (rpc, options) => rpc.rollback(request, options));
        const answer = await followOperation(deps, agent, begun.operation?.id ?? "", deps.untilInterrupted());
        if (flags.output === "json") deps.stdout(jsonText(messageJson(answer)));
        else printResults(deps, answer.operation, answer.results);
        setExitCode(self, exitCodeOfResults(answer.operation, answer.results));
      });
    });
}

/** Throws `invalid`/`DEPLOYMENT_INVALID`. */
function parseDeployment(text: string | undefined): bigint {
  if (text === undefined) return 0n;
  if (/^[1-9]\d{0,8}$/.test(text)) return BigInt(text);
  throw new AppError("invalid", "DEPLOYMENT_INVALID", `--to '${text}' is no number of a deployment`, { hint: "'mcpctl list' shows them" });
}

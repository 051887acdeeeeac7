import type { Command } from "commander";
import { messageJson } from "../../api/agent/message-json.ts";
import { durationOf } from "../../api/agent/message-time.ts";
import { parseDuration } from "../../core/duration.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { exitCodeOfResults, printResults } from "./print-results.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly stop?: boolean;
  readonly undo?: boolean;
  readonly limit: string;
  readonly output: string;
}

const EXAMPLES = ["mcpctl node drain rift", "mcpctl node drain rift --stop --limit 5m", "mcpctl node drain rift --undo"];
/** Stopping may take as long again as the wait. */
const MARGIN_MS = 10 * 60_000;

/** `node drain NODE`: no more deploys there. */
export function addNodeDrainCommand(group: Command, deps: CliDeps): void {
  addFleetCommand(group, "drain", "have a node take no more deploys, and stop what runs there", EXAMPLES)
    .argument("<name>", "node")
    .option("--stop", "stop its components as well; what is wanted of them is kept")
    .option("--undo", "have it take deploys again, and start what is wanted")
    .option("--limit <time>", "how long changes that are under way are waited for", "1m")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (name: string, flags: Flags, self: Command) => {
      const limitMs = parseDuration(flags.limit);
      await withFleet(deps, self, async (fleet) => {
        const node = await fleet.node(name);
        const agent = await fleet.agent(node);
        const request = { stopComponents: flags.stop === true, undo: flags.undo === true, limit: durationOf(limitMs) };
        const answer = await agent.call((rpc, options) => rpc.drain(request, options), { timeoutMs: limitMs + MARGIN_MS });
        if (flags.output === "json") deps.stdout(jsonText(messageJson(answer)));
        else {
          printResults(deps, undefined, answer.results);
          deps.stdout(`Node ${name} ${answer.drained ? "takes no deploys" : "takes deploys"}\n`);
        }
        setExitCode(self, exitCodeOfResults(undefined, answer.results));
      });
    });
}

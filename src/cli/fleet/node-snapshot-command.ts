import type { Command } from "commander";
import { messageJson } from "../../api/agent/message-json.ts";
import { jsonText, outputOption } from "../api-command.ts";
import type { CliDeps } from "../ports.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

const EXAMPLES = ["mcpctl node snapshot rift", "mcpctl node snapshot rift -o json"];
const NOTE = "'mcp-agent restore FILE' on the node puts one in the registry's place. The agent keeps as many as snapshots.keep says.";
/** The copy is read whole before it counts. */
const LIMIT_MS = 5 * 60_000;

/** `node snapshot NODE`: a checked copy of the registry, on the node. */
export function addNodeSnapshotCommand(group: Command, deps: CliDeps): void {
  addFleetCommand(group, "snapshot", "have a node's agent write a checked copy of its registry", EXAMPLES, NOTE)
    .argument("<name>", "node")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (name: string, { output }: { output: string }, self: Command) => {
      await withFleet(deps, self, async (fleet) => {
        const agent = await fleet.agent(await fleet.node(name));
        const answer = await agent.call((rpc, options) => rpc.runSnapshot({}, options), { timeoutMs: LIMIT_MS });
        deps.stdout(output === "json" ? jsonText(messageJson(answer)) : `${name}: ${answer.path} (${answer.size} bytes)\n`);
      });
    });
}

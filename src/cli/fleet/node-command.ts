import type { Command } from "commander";
import { alignTable } from "../align-table.ts";
import { addCommandGroup, jsonText, outputOption } from "../api-command.ts";
import { requireFleetConfigPath } from "../config/fleet-config.ts";
import type { CliDeps } from "../ports.ts";
import { configFlag } from "../with-config-option.ts";
import { type AddFlags, addNode } from "./add-node.ts";
import { addNodeDrainCommand } from "./node-drain-command.ts";
import { addNodeSnapshotCommand } from "./node-snapshot-command.ts";
import { addNodeStatusCommand } from "./node-status-command.ts";
import { removeConfiguredNode } from "./remove-node.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

/** `node list|add|remove|status|drain|snapshot`. */
export function addNodeCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "node", "choose nodes, see how they are, empty them");
  addListCommand(group, deps);
  addAddCommand(group, deps);
  addRemoveCommand(group, deps);
  addNodeStatusCommand(group, deps);
  addNodeDrainCommand(group, deps);
  addNodeSnapshotCommand(group, deps);
}

function addListCommand(group: Command, deps: CliDeps): void {
  addFleetCommand(group, "list", "list nodes: those of the configuration, and those of the control plane", ["mcpctl node list"])
    .addOption(outputOption(["table", "json"], "table"))
    .action(async ({ output }: { output: string }, self: Command) => {
      await withFleet(deps, self, async (fleet) => {
        const nodes = await fleet.listNodes();
        if (output === "json") return deps.stdout(jsonText({ nodes }));
        const rows = nodes.map(({ name, address, fingerprint, ca, certificate, source }) => [
          name,
          address,
          trustOf(fingerprint, ca, certificate),
          source,
        ]);
        if (rows.length > 0) return deps.stdout(alignTable([["NAME", "ADDRESS", "TRUSTED BY", "FROM"], ...rows]));
        return deps.stderr("No nodes: 'mcpctl node add NAME ADDRESS' adds one\n");
      });
    });
}

function trustOf(fingerprint?: string, ca?: string, certificate?: string): string {
  if (fingerprint !== undefined) return `${fingerprint.slice(0, 23)}…`;
  return ca ?? (certificate !== undefined ? "its certificate" : "the system's authorities");
}

function addAddCommand(group: Command, deps: CliDeps): void {
  const examples = [
    "mcpctl node add rift 10.0.0.7:9444",
    "mcpctl node add rift 10.0.0.7 --fingerprint sha256:4f…",
    "mcpctl node add orion orion.example.org --ca ca.pem",
  ];
  const note = `The agent's certificate is fetched and its fingerprint shown: compare it with what 'mcp-agent' printed on the node. From then on
no other certificate is accepted for it. The file's other text and its comments stay.`;
  addFleetCommand(group, "add", "add a node to the configuration", examples, note)
    .argument("<name>", "what the node is called")
    .argument("<address>", "HOST or HOST:PORT of its agent")
    .option("--fingerprint <sha256>", "pin the certificate of this fingerprint, without asking the node")
    .option("--ca <file>", "trust certificates of these authorities, and pin none")
    .option("--no-pin", "trust certificates of the system's authorities, and pin none")
    .option("--accept-fingerprint", "pin the certificate that the node shows, without asking")
    .action(async (name: string, address: string, flags: AddFlags, self: Command) =>
      addNode(deps, requireFleetConfigPath(deps.env, configFlag(self)), { name, address }, flags),
    );
}

function addRemoveCommand(group: Command, deps: CliDeps): void {
  const note = "The file's other text and its comments stay. What runs on the node goes on.";
  addFleetCommand(group, "remove", "take a node out of the configuration", ["mcpctl node remove rift"], note)
    .argument("<name>", "node")
    .action((name: string, _flags: object, self: Command) => {
      removeConfiguredNode(deps, requireFleetConfigPath(deps.env, configFlag(self)), name);
    });
}

import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { parseFleetConfig, readFleetFile } from "../config/fleet-config.ts";
import { removeNode } from "../config/node-entries.ts";
import { writeTextFile } from "../config/write-text-file.ts";
import type { CliDeps } from "../ports.ts";

/** Takes a node out of the configuration. Throws `not_found`/`NODE_UNKNOWN` with the nearest, and as `removeNode`. */
export function removeConfiguredNode(deps: CliDeps, path: string, name: string): void {
  const text = readFleetFile(path, false);
  const names = parseFleetConfig(text, path, deps.env).nodes.map((node) => node.name);
  if (!names.includes(name)) {
    const [near] = nearest(name, names);
    throw new AppError("not_found", "NODE_UNKNOWN", `${path} has no node '${name}'`, {
      hint:
        near === undefined ? "'mcpctl node list' shows them; those of the control plane are not taken out here" : `did you mean ${near}?`,
    });
  }
  writeTextFile(path, removeNode(text, name));
  deps.stdout(`Node ${name} removed from ${path}\n`);
}

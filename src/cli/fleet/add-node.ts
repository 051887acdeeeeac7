import { formatFingerprint, parseFingerprint } from "../../api/agent/fingerprint.ts";
import { parseNodeAddress } from "../../api/agent/node-address.ts";
import { AppError } from "../../core/app-error.ts";
import { type NodeEntry, parseFleetConfig, readFleetFile } from "../config/fleet-config.ts";
import { appendNode } from "../config/node-entries.ts";
import { writeTextFile } from "../config/write-text-file.ts";
import { parseTimeout } from "../parse-timeout.ts";
import type { CliDeps } from "../ports.ts";
import { confirm } from "./print-plan.ts";

export interface AddFlags {
  readonly fingerprint?: string;
  readonly ca?: string;
  readonly acceptFingerprint?: boolean;
  readonly pin: boolean;
  readonly timeout: string;
}

/**
 * Adds a node to the configuration, and says what it is trusted by. Throws `conflict`/`NODE_NAME_TAKEN`,
 * `precondition`/`FINGERPRINT_UNCONFIRMED`, and as `appendNode` and `showCertificate`.
 */
export async function addNode(deps: CliDeps, path: string, { name, address }: NodeEntry, flags: AddFlags): Promise<void> {
  const text = readFleetFile(path, false);
  // Before anybody is asked: what is wrong with the file or the name is wrong whatever the node shows.
  const { nodes } = parseFleetConfig(text, path, deps.env);
  if (nodes.some((node) => node.name === name)) {
    throw new AppError("conflict", "NODE_NAME_TAKEN", `${path} has a node ${name} already`, {
      hint: `'mcpctl node remove ${name}' takes it out`,
    });
  }
  parseFleetConfig(appendNode(text, { name, address }), path, deps.env);
  const trust = await chooseTrust(deps, { name, address }, flags);
  writeTextFile(path, appendNode(text, { name, address, ...trust }));
  const by = trust.fingerprint ?? trust.ca ?? "the system's authorities";
  deps.stdout(`Node ${name} added to ${path}, trusted by ${by}\n`);
}

async function chooseTrust(deps: CliDeps, node: NodeEntry, flags: AddFlags): Promise<Pick<NodeEntry, "fingerprint" | "ca">> {
  if (flags.fingerprint !== undefined) return { fingerprint: formatFingerprint(parseFingerprint(flags.fingerprint)) };
  if (flags.ca !== undefined) return { ca: flags.ca };
  if (!flags.pin) return {};
  const { showCertificate } = await import("../../api/agent/dial-agent.ts");
  const shown = await showCertificate({ node: node.name, address: parseNodeAddress(node.address) }, parseTimeout(flags.timeout));
  const fingerprint = formatFingerprint(shown.fingerprint);
  deps.stderr(`${node.address} shows a certificate of '${shown.subject}', valid until ${shown.validTo}\n  ${fingerprint}\n`);
  if (flags.acceptFingerprint === true) return { fingerprint };
  if (!deps.isTerminal)
    throw unconfirmed(
      "Nobody has said that this is the node's certificate",
      "compare it, then add --accept-fingerprint, or --fingerprint SHA256",
    );
  if (await confirm(deps, "Is that the node's certificate?")) return { fingerprint };
  throw unconfirmed("The node was not added", "'mcp-agent' prints the fingerprint on the node");
}

function unconfirmed(message: string, hint: string): AppError {
  return new AppError("precondition", "FINGERPRINT_UNCONFIRMED", message, { hint });
}

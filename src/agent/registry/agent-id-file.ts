import { readFileSync, writeFileSync } from "node:fs";
import type { Registry } from "./registry.ts";

const ID = /^[0-9a-f]{32}$/;

/**
 * The id of this agent, by which it tells its containers from those of another agent on the machine. Beside the registry it
 * stands in a file, from which a registry that was lost gets it back. `onFailure` hears of a file that cannot be written.
 */
export async function settleAgentId(
  registry: Pick<Registry, "agentId" | "setAgentId" | "services">,
  file: string,
  onFailure: (cause: unknown) => void,
): Promise<string> {
  const [id, kept] = [await registry.agentId(), idIn(file)];
  if (kept === id) return id;
  if (kept !== undefined && (await registry.services()).length === 0) {
    await registry.setAgentId(kept);
    return kept;
  }
  try {
    writeFileSync(file, `${id}\n`, { mode: 0o600 });
  } catch (thrown) {
    onFailure(thrown);
  }
  return id;
}

/** Undefined: there is none, or it is half written. */
function idIn(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return ID.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

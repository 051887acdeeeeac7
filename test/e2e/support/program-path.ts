import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

export type ProgramName = "mcpctl" | "mcpd" | "mcplocal" | "mcp-agent";

/**
 * The program under test: of the executable that `npm test` has built, which is what is installed and starts in half the time,
 * or else of the checkout.
 */
export function programPath(name: ProgramName): string {
  return join(process.env.MCPCTL_TEST_PROGRAMS ?? join(ROOT, "bin"), name);
}

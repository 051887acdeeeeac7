import { join } from "node:path";

const FOLDER = "build/bench-programs";

/** Compiles the executable that is measured, as it is installed. Throws with what the build said where it fails. */
export async function buildPrograms(root: string): Promise<void> {
  const command = [process.execPath, join(root, "scripts/build.ts"), "--outdir", join(root, FOLDER)];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [errors, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (exitCode !== 0) throw new Error(`the executable cannot be built: ${errors.trim()}`);
}

/** Where `buildPrograms` has put one of its names. */
export function programIn(root: string, name: "mcpctl" | "mcplocal" | "mcp-agent"): string {
  return join(root, FOLDER, name);
}

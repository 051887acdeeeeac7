import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../../src/core/app-error.ts";

export const PEERS = "bench/peers";

export function arePeersInstalled(root: string): boolean {
  return existsSync(join(root, PEERS, "node_modules/.package-lock.json"));
}

/**
 * Installs exactly what the lock file of bench/peers says; some 100 MB, so it is no part of the main install.
 * Throws `unavailable`/`BENCH_PEERS_MISSING` with the end of npm's output.
 */
export async function installPeers(root: string, signal: AbortSignal): Promise<void> {
  const argv = ["npm", "ci", "--prefix", join(root, PEERS), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = Bun.spawn({ cmd: argv, cwd: join(root, PEERS), stdout: "ignore", stderr: "pipe", signal });
  const [said, code] = await Promise.all([npm.stderr.text(), npm.exited]);
  signal.throwIfAborted();
  if (code === 0) return;
  throw new AppError("unavailable", "BENCH_PEERS_MISSING", `npm ci in ${PEERS} failed: ${said.trim().slice(-400)}`);
}

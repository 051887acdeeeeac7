import { AppError } from "../../../src/core/app-error.ts";
import { arePeersInstalled, installPeers, PEERS } from "../targets/install-peers.ts";
import type { TargetContext } from "../targets/target.ts";

/** Sees to it that the peers are installed. A quick run installs nothing: throws `precondition`/`BENCH_PEERS_MISSING`. */
export async function requirePeers({ root, signal }: TargetContext, quick: boolean): Promise<void> {
  if (arePeersInstalled(root)) return;
  if (quick)
    throw new AppError("precondition", "BENCH_PEERS_MISSING", `not installed, and a quick run installs nothing (npm ci --prefix ${PEERS})`);
  await installPeers(root, signal);
}

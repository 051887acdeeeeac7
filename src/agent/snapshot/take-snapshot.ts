import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { syncDirectory, syncFile } from "./durable-file.ts";
import { planPruning, snapshotName } from "./snapshot-name.ts";

export interface SnapshotDeps {
  /** Writes a whole copy of the registry to a file that is not there yet. */
  readonly copyTo: (file: string) => Promise<void> | void;
  /** What is wrong with a database file; undefined where it is sound. */
  readonly check: (file: string) => string | undefined;
  /** Where snapshots lie. Made with mode 0700 where it is missing. */
  readonly folder: string;
  /** How many stay, at least one. */
  readonly keep: number;
  readonly clock: Clock;
}

export interface Snapshot {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Takes a snapshot of the registry: copied, opened and checked whole, and on disk before it gets its name. Older ones
 * beyond `keep` go, and only then. Throws `internal`/`SNAPSHOT_DAMAGED` where the copy is not sound, and
 * `exhausted`/`DISK_FULL`; then nothing is left of it and every older one stays.
 */
export async function takeSnapshot(deps: SnapshotDeps): Promise<Snapshot> {
  const { folder } = deps;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Of mode 0700: the copy is nobody else's before it has its own mode.
  const workshop = await mkdtemp(join(folder, ".snapshot-"));
  try {
    const copy = join(workshop, "registry.db");
    await deps.copyTo(copy);
    await chmod(copy, 0o600);
    requireSound(deps.check(copy));
    await syncFile(copy);
    const name = snapshotName(deps.clock.now());
    const path = join(folder, name);
    await rename(copy, path);
    await syncDirectory(folder);
    for (const old of planPruning(await readdir(folder), name, deps.keep)) await rm(join(folder, old), { force: true });
    return { path, size: (await stat(path)).size };
  } catch (thrown) {
    throw isDiskFull(thrown) ? diskFull(folder, thrown) : thrown;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

function requireSound(problem: string | undefined): void {
  if (problem === undefined) return;
  throw new AppError("internal", "SNAPSHOT_DAMAGED", `The copy of the registry is damaged: ${problem}`, {
    hint: "run mcp-agent doctor; an older snapshot is still there",
  });
}

function isDiskFull(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL";
}

function diskFull(folder: string, cause: unknown): AppError {
  return new AppError("exhausted", "DISK_FULL", `There is no room on the disk for a snapshot in ${folder}`, {
    cause,
    hint: "free some space, or keep fewer snapshots",
  });
}

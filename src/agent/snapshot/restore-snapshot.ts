import { existsSync } from "node:fs";
import { chmod, constants, copyFile, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { syncDirectory, syncFile } from "./durable-file.ts";
import { momentOfSnapshot } from "./snapshot-name.ts";

/** What SQLite keeps beside a database; they belong to that very file and would damage another. */
const COMPANIONS = ["-wal", "-shm"];

export interface RestoreDeps {
  /** Takes the agent's data folder, or throws `conflict`/`DATA_FOLDER_HELD` where an agent runs on it. */
  readonly lock: () => { release(): void };
  /** What is wrong with a database file; undefined where it is sound. */
  readonly check: (file: string) => string | undefined;
  /** Opens a copy as the agent would and closes it; throws where this version cannot use it. */
  readonly tryOut: (file: string) => Promise<void>;
  /** The registry's own file. */
  readonly registryFile: string;
  readonly clock: Clock;
}

export interface Restored {
  /** Where the registry went that was there before; undefined where there was none. */
  readonly aside: string | undefined;
}

/**
 * Puts a snapshot in the registry's place. The old file is kept beside it, with what SQLite had written next to it.
 *
 * Throws `conflict`/`DATA_FOLDER_HELD`, `not_found`/`SNAPSHOT_MISSING`, `invalid`/`SNAPSHOT_UNUSABLE`; then nothing has
 * changed. A crash in between leaves the old registry or the new one in place, and the old one aside: run it again.
 */
export async function restoreSnapshot(deps: RestoreDeps, snapshot: string): Promise<Restored> {
  if (!existsSync(snapshot)) throw new AppError("not_found", "SNAPSHOT_MISSING", `There is no snapshot ${snapshot}`);
  const lock = takeLock(deps);
  const { registryFile } = deps;
  const prepared = `${registryFile}.restoring`;
  try {
    requireUsable(deps.check(snapshot), snapshot);
    await copyFile(snapshot, prepared);
    await chmod(prepared, 0o600);
    await tryOut(deps, prepared, snapshot);
    await syncFile(prepared);
    const aside = await setAside(registryFile, deps.clock.now());
    for (const companion of COMPANIONS) await rm(`${registryFile}${companion}`, { force: true });
    await rename(prepared, registryFile);
    await syncDirectory(dirname(registryFile));
    return { aside };
  } finally {
    for (const left of ["", ".lock", ...COMPANIONS]) await rm(`${prepared}${left}`, { force: true });
    lock.release();
  }
}

/** The snapshots in a folder, newest first. */
export async function listSnapshots(folder: string): Promise<readonly { readonly path: string; readonly takenAt: Date }[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const takenAt = momentOfSnapshot(name);
      return takenAt === undefined ? [] : [{ path: join(folder, name), takenAt }];
    })
    .sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime());
}

function takeLock(deps: RestoreDeps): { release(): void } {
  try {
    return deps.lock();
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.reason !== "DATA_FOLDER_HELD") throw thrown;
    throw new AppError("conflict", "DATA_FOLDER_HELD", "An agent runs on this data folder", {
      cause: thrown,
      hint: "stop the agent first",
    });
  }
}

function requireUsable(problem: string | undefined, snapshot: string): void {
  if (problem === undefined) return;
  throw new AppError("invalid", "SNAPSHOT_UNUSABLE", `${snapshot} cannot be restored: ${problem}`, { hint: "choose an older one" });
}

async function tryOut(deps: RestoreDeps, prepared: string, snapshot: string): Promise<void> {
  try {
    await deps.tryOut(prepared);
  } catch (thrown) {
    const why = thrown instanceof AppError ? thrown.message : "it is no registry of an agent";
    throw new AppError("invalid", "SNAPSHOT_UNUSABLE", `${snapshot} cannot be restored: ${why}`, {
      cause: thrown,
      hint: "choose another one, or the version of the agent that took it",
    });
  }
}

/** Copied, not moved: until the new one is in its place there is always a registry, and an agent that starts makes no empty one. */
async function setAside(registryFile: string, now: Date): Promise<string | undefined> {
  if (!existsSync(registryFile)) return undefined;
  const aside = `${registryFile}.before-restore-${now.toISOString().replaceAll(":", "-")}`;
  for (const part of ["", "-wal"]) {
    if (!existsSync(`${registryFile}${part}`)) continue;
    await copyFile(`${registryFile}${part}`, `${aside}${part}`, constants.COPYFILE_EXCL);
    await syncFile(`${aside}${part}`);
  }
  return aside;
}

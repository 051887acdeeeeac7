import type { ContainerSpec, PathChange } from "./runtime.ts";

/** Engines write these by themselves, for names and name resolution, and list them as changed. */
const WRITTEN_BY_ENGINES: ReadonlySet<string> = new Set([
  "/dev",
  "/dev/console",
  "/etc",
  "/etc/group",
  "/etc/hostname",
  "/etc/hosts",
  "/etc/mtab",
  "/etc/passwd",
  "/etc/resolv.conf",
  "/proc",
  "/run",
  "/run/.containerenv",
  "/run/secrets",
  "/sys",
]);

/** The changes that the container itself has made: without mount points, the folders to them and what engines write. */
export function writtenPaths(changes: readonly PathChange[], { mounts, tmpfs }: ContainerSpec): readonly PathChange[] {
  const targets = [...mounts, ...tmpfs].map(({ target }) => target);
  return changes.filter(
    ({ path }) =>
      !WRITTEN_BY_ENGINES.has(path) &&
      !targets.some((target) => target === path || target.startsWith(`${path}/`) || path.startsWith(`${target}/`)),
  );
}

/** The answer of `changes`, which is the same of both engines: kinds are numbers, and null is none. */
export function parseChanges(value: unknown): readonly PathChange[] {
  const kinds = ["changed", "added", "deleted"] as const;
  const changes = (value ?? []) as readonly { readonly Path: string; readonly Kind: number }[];
  return changes.map(({ Path, Kind }) => ({ kind: kinds[Kind] ?? "changed", path: Path }));
}

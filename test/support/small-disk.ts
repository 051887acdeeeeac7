export const mayMount = process.getuid?.() === 0 && Bun.which("mount") !== null;
export const NO_MOUNT = "only root mounts a small disk";

/** A disk in memory, of so many bytes and files, at a folder that is there. */
export interface SmallDisk {
  /** From now on nothing is written to it, or is again. */
  setReadOnly(isReadOnly: boolean): void;
  unmount(): void;
}

export function mountSmallDisk(folder: string, limits: { readonly bytes: number; readonly inodes?: number }): SmallDisk {
  const options = `size=${limits.bytes}${limits.inodes === undefined ? "" : `,nr_inodes=${limits.inodes}`}`;
  run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
  return {
    setReadOnly: (isReadOnly) => run("mount", "-o", `remount,${isReadOnly ? "ro" : "rw"}`, folder),
    // Lazily: whoever still has a file of it open keeps it, and the folder is free.
    unmount: () => run("umount", "--lazy", folder),
  };
}

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
}

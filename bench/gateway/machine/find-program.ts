import { existsSync } from "node:fs";

/** Debian keeps daemons where the PATH of a plain user does not look. */
const DAEMON_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

/** Where a program lies; nothing where it is not installed. */
export function findProgram(name: string): string | undefined {
  return Bun.which(name) ?? DAEMON_FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

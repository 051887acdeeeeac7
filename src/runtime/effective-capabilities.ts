import type { ContainerSpec } from "./runtime.ts";

/** What an engine gives where nothing is said (containers/common since 4.0); what Debian adds is left out. */
const BY_DEFAULT = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/**
 * The capabilities that a container has in the end, sorted. Two specs that say it in other words are equal in this: engines
 * show what was dropped by name where all were dropped and some given back. Compare these, not the lists.
 */
export function effectiveCapabilities({ capAdd, capDrop }: Pick<ContainerSpec, "capAdd" | "capDrop">): readonly string[] {
  const kept = capDrop.includes("ALL") ? [] : BY_DEFAULT.filter((name) => !capDrop.includes(name));
  return [...new Set([...kept, ...capAdd])].sort();
}

/**
 * What podman gives a container where nothing is said; Docker adds AUDIT_WRITE, MKNOD and NET_RAW. Engines answer a drop of
 * ALL by the list of these, so that only what remains can be compared.
 */
const DEFAULT = [
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

/** The capabilities that remain, sorted. */
export function effectiveCapabilities(spec: {
  readonly capDrop: readonly string[];
  readonly capAdd: readonly string[];
}): readonly string[] {
  const drop = new Set(spec.capDrop.map(plain));
  const remaining = drop.has("ALL") ? [] : DEFAULT.filter((capability) => !drop.has(capability));
  return [...new Set([...remaining, ...spec.capAdd.map(plain)])].sort();
}

function plain(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/, "");
}

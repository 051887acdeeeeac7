import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";

/** Of Linux 6.12 (include/uapi/linux/capability.h); newer kernels have added none since 5.9. */
export const CAPABILITIES: readonly string[] = [
  ..."AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER".split(" "),
  ..."FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE".split(" "),
  ..."NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE".split(" "),
  ..."SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM".split(" "),
];

/** A capability to give: upper case, without `CAP_`. Throws `invalid`/`SERVICE_DEFINITION_INVALID`; so it does for `ALL`. */
export function parseCapability(text: string): string {
  const name = text.toUpperCase().replace(/^CAP_/, "");
  if (CAPABILITIES.includes(name)) return name;
  if (name === "ALL") throw invalidDefinition("all capabilities together are what a privileged container has", "name those that it needs");
  const [meant] = nearest(name, CAPABILITIES);
  throw invalidDefinition(`there is no capability '${oneLine(text, 60)}'`, meant && `did you mean ${meant}?`);
}

/** A capability to take away, or `ALL`. */
export function parseDroppedCapability(text: string): string {
  return text.toUpperCase() === "ALL" ? "ALL" : parseCapability(text);
}

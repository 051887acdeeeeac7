import { effectiveCapabilities } from "../../runtime/effective-capabilities.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";
import { CAPABILITIES } from "../../service-definition/capability.ts";
import { DEFAULT_PIDS } from "../../service-definition/hardening.ts";
import { parseSecurityOption, parseUserns } from "../../service-definition/security-option.ts";
import type { Hardening, Resources } from "../../service-definition/service-definition.ts";
import { parseTmpfsMount } from "../../service-definition/tmpfs-mount.ts";
import type { Findings } from "./findings.ts";

/** Profiles that engines put on every container by themselves. */
const ENGINE_PROFILE = /^apparmor=(containers-default|docker-default)|^label=(type|level|user|role):/;
/** What podman mounts by itself where the root is read-only. */
const ENGINE_TMPFS = new Set(["/dev/shm", "/run", "/tmp", "/var/tmp"]);
/** What podman limits a container to that nobody has limited. */
const PODMAN_PIDS = 2048;
const NO_NEW_PRIVILEGES = "no-new-privileges";

/**
 * The hardening that makes a container like this one. What the container has beyond the default profile is written out, so
 * that whoever reads the definition sees it: each capability, or the profile `trusted` where it may gain privileges.
 */
export function hardeningOfContainer(spec: ContainerSpec, findings: Findings): Pick<Hardenings, "hardening" | "pids"> {
  const hasLimit = spec.pids !== undefined && spec.pids > 0;
  const trusted = !spec.noNewPrivileges || !hasLimit;
  const hardening: Hardening = {
    profile: trusted ? "trusted" : "default",
    ...(spec.readOnly ? { readOnly: true } : {}),
    tmpfs: tmpfsOf(spec, findings),
    ...capabilitiesOf(spec, trusted, findings),
    securityOpt: [...(trusted && spec.noNewPrivileges ? [NO_NEW_PRIVILEGES] : []), ...securityOptionsOf(spec, findings)],
    ...usernsOf(spec, findings),
  };
  const isDefault = spec.pids === (trusted ? PODMAN_PIDS : DEFAULT_PIDS);
  const pids = !hasLimit || isDefault ? undefined : spec.pids;
  return { hardening, pids };
}

interface Hardenings {
  readonly hardening: Hardening;
  readonly pids: Resources["pids"];
}

function capabilitiesOf(spec: ContainerSpec, trusted: boolean, findings: Findings): Pick<Hardening, "capDrop" | "capAdd"> {
  const remaining = effectiveCapabilities(spec);
  const unknown = remaining.filter((capability) => !CAPABILITIES.includes(capability));
  for (const capability of unknown)
    findings.unsayable.push(`it has ${capability === "ALL" ? "all capabilities" : `the capability ${capability}`}`);
  const known = remaining.filter((capability) => CAPABILITIES.includes(capability));
  if (!trusted) return { capDrop: [], capAdd: known };
  const byDefault = effectiveCapabilities({ capDrop: [], capAdd: [] });
  const lost = byDefault.filter((capability) => !remaining.includes(capability));
  if (lost.length === byDefault.length) return { capDrop: ["ALL"], capAdd: known };
  return { capDrop: lost, capAdd: known.filter((capability) => !byDefault.includes(capability)) };
}

function tmpfsOf({ tmpfs, readOnly }: ContainerSpec, findings: Findings): readonly string[] {
  return tmpfs.flatMap(({ target, options }) => {
    if (readOnly && options.length === 0 && ENGINE_TMPFS.has(target)) return [];
    const known = options.filter((option) => isParsed(() => parseTmpfsMount(`/x:${option}`)));
    const text = known.length === 0 ? target : `${target}:${known.join(",")}`;
    if (isParsed(() => parseTmpfsMount(text))) return [text];
    if (!ENGINE_TMPFS.has(target)) findings.notes.push(`its tmpfs at ${target} cannot be written in a definition`);
    return [];
  });
}

function securityOptionsOf({ securityOpt }: ContainerSpec, findings: Findings): readonly string[] {
  return securityOpt.filter((option) => {
    if (option.startsWith(NO_NEW_PRIVILEGES) || ENGINE_PROFILE.test(option)) return false;
    if (isParsed(() => parseSecurityOption(option))) return true;
    findings.unsayable.push(`it has the security option ${option}`);
    return false;
  });
}

function usernsOf({ userns }: ContainerSpec, findings: Findings): { readonly userns?: string } {
  // Engines say these where a container has none of its own.
  if (userns === undefined || ["", "host", "private"].includes(userns)) return {};
  if (isParsed(() => parseUserns(userns))) return { userns };
  findings.notes.push(`its user namespace ${userns} cannot be written in a definition`);
  return {};
}

/** Whether the definition's own parser takes it. */
export function isParsed(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

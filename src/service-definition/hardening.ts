import { given } from "../core/given.ts";
import type { ComponentDefinition, HardeningProfile } from "./service-definition.ts";
import { parseTmpfsMount, type TmpfsMount } from "./tmpfs-mount.ts";

export const DEFAULT_PIDS = 256;

/** What holds for a container: the profile and what is written besides. The words are those of the runtime's ContainerSpec. */
export interface EffectiveHardening {
  readonly readOnly: boolean;
  readonly tmpfs: readonly TmpfsMount[];
  /** Upper case without `CAP_`; `ALL` is all of them. */
  readonly capDrop: readonly string[];
  readonly capAdd: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Without `no-new-privileges`. */
  readonly securityOpt: readonly string[];
  readonly userns?: string;
  /** Undefined: the engine's own limit. */
  readonly pids?: number;
  readonly imageVolumes: "anonymous" | "ignore";
}

/** Node add-ons and single-file executables load libraries that they unpack here, so it is not `noexec`. */
const TMP: TmpfsMount = { target: "/tmp", options: ["rw", "nosuid", "nodev", "size=64m", "mode=1777"] };

/** The hardening that holds for a component of a sound definition. */
export function hardeningOf(component: ComponentDefinition): EffectiveHardening {
  const { hardening, resources } = component;
  const { profile } = hardening;
  const trusted = profile === "trusted";
  const dropsAll = !trusted || hardening.capDrop.includes("ALL");
  return given({
    readOnly: hasReadOnlyRoot(profile) || hardening.readOnly === true,
    tmpfs: tmpfsOf(component),
    capDrop: dropsAll ? ["ALL"] : hardening.capDrop,
    capAdd: hardening.capAdd,
    noNewPrivileges: !trusted || hardening.securityOpt.includes("no-new-privileges"),
    securityOpt: hardening.securityOpt.filter((option) => option !== "no-new-privileges"),
    userns: hardening.userns,
    pids: resources.pids ?? (trusted ? undefined : DEFAULT_PIDS),
    imageVolumes: profile === "stateless" ? ("ignore" as const) : ("anonymous" as const),
  });
}

function hasReadOnlyRoot(profile: HardeningProfile): boolean {
  return profile === "strict" || profile === "stateless";
}

function tmpfsOf({ hardening, volumes }: ComponentDefinition): readonly TmpfsMount[] {
  const written = hardening.tmpfs.map(parseTmpfsMount);
  const hasTmp = [...written, ...volumes].some(({ target }) => target === TMP.target);
  return hasReadOnlyRoot(hardening.profile) && !hasTmp ? [...written, TMP] : written;
}

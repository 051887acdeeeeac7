/** Something that is wrong in some versions of podman. */
export interface PodmanFault {
  /** The first version that has it, empty for all before, and the first that has it no more. */
  readonly from: string;
  readonly until: string;
  /** `bad` where the agent cannot work around it. */
  readonly level: "warn" | "bad";
  /** A clause after "Podman X": what happens, and the public thread that tells the story. */
  readonly what: string;
}

/** From podman's release notes and threads, and from runs of 4.3.1 and later ones. Those that the agent works around say so. */
export const PODMAN_FAULTS: readonly PodmanFault[] = [
  { from: "", until: "4.3.0", level: "bad", what: "was never tried with this agent" },
  {
    from: "",
    until: "4.4.0",
    level: "warn",
    what: "lets a restart policy win over stop (podman#17069); the agent restarts containers itself",
  },
  { from: "", until: "4.4.0", level: "warn", what: "confuses received with sent bytes in its statistics" },
  {
    from: "",
    until: "4.5.1",
    level: "warn",
    what: "restarts a crash loop without a pause (podman#18259); the agent restarts containers itself",
  },
  { from: "", until: "4.8.0", level: "warn", what: "can deadlock where volumes of a name are made at once" },
  { from: "", until: "5.1.0", level: "warn", what: "forgets changed limits when a container is started anew" },
  { from: "", until: "5.3.0", level: "warn", what: "shows secrets in variables to whoever may inspect a container" },
  { from: "5.4.0", until: "5.4.2", level: "warn", what: "lets the log of health checks grow without end (podman#25473)" },
  { from: "", until: "5.8.4", level: "warn", what: "lets an image read variables of the host (CVE-2026-57231)" },
];

/** The faults of a version; of one that cannot be read, none. */
export function faultsOf(version: string, faults: readonly PodmanFault[] = PODMAN_FAULTS): readonly PodmanFault[] {
  const own = parseVersion(version);
  if (own === undefined) return [];
  return faults.filter(({ from, until }) => (from === "" || !isBefore(own, from)) && isBefore(own, until));
}

/** Whether `version` comes before `other`; false where it cannot be read. */
export function isVersionBefore(version: string, other: string): boolean {
  const own = parseVersion(version);
  return own !== undefined && isBefore(own, other);
}

type Version = readonly [number, number, number];

function isBefore(version: Version, text: string): boolean {
  const other = parseVersion(text) ?? [0, 0, 0];
  const at = version.findIndex((part, index) => part !== other[index]);
  return at >= 0 && (version[at] as number) < (other[at] as number);
}

/** `5.4.2`, `4.3.1+ds1`, `6.0.0-rc1`: a candidate is taken for the version itself. */
function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

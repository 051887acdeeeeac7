export type FindingLevel = "ok" | "warn" | "bad";

/** What a check of the node found. */
export interface Finding {
  /** Which check it was: `podman`, `disk /srv`, … */
  readonly check: string;
  /** `warn`: it works and will not for ever; `bad`: something does not work, or is open to others. */
  readonly level: FindingLevel;
  /** A sentence. */
  readonly message: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly cure: string;
}

export function ok(check: string, message: string): Finding {
  return { check, level: "ok", message, cure: "" };
}

export function warn(check: string, message: string, cure: string): Finding {
  return { check, level: "warn", message, cure };
}

export function bad(check: string, message: string, cure: string): Finding {
  return { check, level: "bad", message, cure };
}

/** The worst of them: what an exit code or a lamp is made of. */
export function worstOf(findings: readonly Finding[]): FindingLevel {
  if (findings.some(({ level }) => level === "bad")) return "bad";
  return findings.some(({ level }) => level === "warn") ? "warn" : "ok";
}

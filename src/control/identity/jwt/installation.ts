/** What a JWT of ours is good for. `typ` and `aud` differ for each use, so that none passes for another. */
export interface JwtUse {
  readonly typ: string;
  readonly audience: string;
}

/** Whose JWTs they are: those of one installation are nothing to another (GHSA-8pcq-mx48-hjvj). */
export interface Installation {
  readonly issuer: string;
  /** Opens the API of agents. */
  readonly agents: JwtUse;
  /** Opens gateways and mcpd's API. */
  readonly gateway: JwtUse;
}

/** `id` is random for each installation and never changes. */
export function installationOf(id: string): Installation {
  return {
    issuer: `urn:mcpctl:${id}`,
    agents: { typ: "mcpctl-agent+jwt", audience: `${id}/agents` },
    gateway: { typ: "mcpctl-api+jwt", audience: `${id}/gateway` },
  };
}

export const JWT_LIFETIME_MS = 3_600_000;

/** How far clocks of different machines may differ. */
export const JWT_SKEW_MS = 5000;

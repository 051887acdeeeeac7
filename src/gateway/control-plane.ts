import type { Snapshot } from "../api/server-definition.ts";

/** Who calls. */
export type Principal =
  | { readonly kind: "token"; readonly id: string; readonly name: string; readonly project: string }
  /** This installation itself, such as its own checks: it sees every server. */
  | { readonly kind: "system"; readonly id: string };

/** What a credential opens, as the control plane says. */
export interface Grant {
  readonly principal: Principal;
  readonly expiresAt: Date | undefined;
}

/** What the gateway asks of mcpd: in this process under `up`, elsewhere over the wire. */
export interface ControlPlane {
  /** The grant of the credential with this SHA-256 (hex); undefined for one that opens nothing. Throws where it cannot be asked. */
  introspect(credentialHash: string): Promise<Grant | undefined>;
  snapshot(): Promise<Snapshot>;
  /** Sessions that ended before their time. */
  endedSessions(): Promise<readonly { readonly idHash: string; readonly expiresAt: Date }[]>;
  /** Durable when it resolves. */
  endSession(idHash: string, expiresAt: Date): Promise<void>;
}

import type { Runtime } from "../../runtime/runtime.ts";

/** Where a container takes connections, as seen from this machine. */
export interface Endpoint {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

/** What came of asking a port, or what is behind it. */
export type Answer =
  | {
      readonly ok: true;
      readonly detail: string;
      /** Gives back what the asking left at the other side. Never throws, and ends with the signal that the asking had. */
      readonly release?: () => Promise<void>;
    }
  | { readonly ok: false; readonly reason: string };

/** What a look at a container needs from this machine. Each may hang until its signal fires, and may then throw. */
export interface ProbePorts {
  /** Whether this machine has a process of this id; left out where containers run in another pid namespace. */
  readonly isProcessAlive?: (pid: number) => boolean;
  /** Opens a connection and closes it. */
  readonly dial: (endpoint: Endpoint, signal: AbortSignal) => Promise<Answer>;
  /** `GET`; a status below 400 is good. Redirects are not followed. */
  readonly askHttp: (url: string, signal: AbortSignal) => Promise<Answer>;
  /** Opens a session as a client would, in whichever era the server speaks. */
  readonly askMcp: (url: string, options: { readonly timeoutMs: number; readonly signal: AbortSignal }) => Promise<Answer>;
  readonly runtime: Pick<Runtime, "exec">;
}

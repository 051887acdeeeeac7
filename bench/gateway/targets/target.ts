/** Something that answers tools/call on a URL and is measured beside the others. */
export interface Target {
  readonly name: string;
  /** How it was run, one line for the report. */
  readonly how: string;
  readonly url: string;
  readonly bearer: string;
  /** Root of the process tree whose time and memory are its cost. */
  readonly pid: number;
  /** What stands before the upstream's tool names here: `http__` in a project's view. */
  readonly toolPrefix: string;
  /** Several of them, where its calls go to several servers in turn. */
  readonly toolPrefixes?: readonly string[];
}

/** A target that could not be started, and why. */
export interface NotMeasured {
  readonly name: string;
  readonly reason: string;
}

/** What starting a target needs from the run. */
export interface TargetContext {
  /** The checkout. */
  readonly root: string;
  /** A folder that goes away with the run. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Core for proxies; any where the run does not pin. */
  readonly proxyCore: number | undefined;
  /** Core for the load generator and the upstream. */
  readonly loadCore: number | undefined;
  /** Adds what must be undone when the run ends. */
  readonly release: (release: () => Promise<void> | void) => void;
}

/** The child that every stdio proxy runs. It is part of no proxy's cost. */
export const STDIO_FIXTURE = "bench/gateway/fixtures/stdio-server.ts";
export const HTTP_FIXTURE = "bench/gateway/fixtures/http-server.ts";
export const MANY_TOOLS_FIXTURE = "bench/gateway/fixtures/many-tools-server.ts";

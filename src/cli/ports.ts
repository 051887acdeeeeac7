import type { SyncedWorker } from "../api/endpoints/worker-endpoints.ts";
import type { Backing } from "../api/server-definition.ts";
/** What the command line asks of the program around it; main/ joins these with the areas. */
import type { Clock } from "../core/clock.ts";
import type { FetchLike } from "../mcp/client/fetch-like.ts";
import type { NpmPackage } from "../runtime/npm-image/npm-package.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ListenAddress } from "./address-flags.ts";

export interface CliOutput {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** The person or program at the other end of standard input. */
export interface Terminal {
  /** Whether standard input is a terminal, so that somebody may be asked. */
  readonly isTerminal: boolean;
  /** All of standard input. Throws `exhausted`/`STDIN_TOO_LARGE` where it is longer. */
  readStdin(maxBytes: number): Promise<string>;
  /** A line typed at the terminal, without its end; the prompt goes to standard error. */
  readLine(prompt: string): Promise<string>;
  /** The same, and nothing of it shows. */
  readPassword(prompt: string): Promise<string>;
  /**
   * Lets a person change the text in $VISUAL, else $EDITOR, else vi, in a file of this extension (`.yaml`) that only
   * they can read and that is removed after. Throws `precondition`/`EDITOR_FAILED`.
   */
  openEditor(text: string, extension: string): Promise<string>;
  /** From this call on Ctrl-C aborts the signal in place of ending the process. */
  untilInterrupted(): AbortSignal;
  /** Whether standard output is a terminal on which colours are wanted. */
  readonly showsColours: boolean;
  /** Standard input as it comes, to its end. */
  readInput(): AsyncIterable<Uint8Array>;
  /** Bytes for standard output, as they are. */
  writeOutput(bytes: Uint8Array): void;
}

/** The token that agents want, a JWT of the identity provider, and the file that keeps it. */
export interface AgentTokens {
  /** Throws what the identity provider at `url` refuses with. */
  logIn(url: string, username: string, password: string, fetch?: FetchLike): Promise<string>;
  /** Throws `not_found`, `precondition` where others may read it, `invalid`. */
  load(path: string): Promise<string>;
  /** For its owner alone (0600). */
  save(path: string, token: string): Promise<void>;
}

/** The instance of this user on this machine, base URLs without a slash at the end. */
export interface LocalInstance {
  readonly api: string;
  readonly gateway: string;
}

export interface UpOptions {
  readonly host: string;
  /** 0 is a free one. */
  readonly apiPort: number;
  readonly gatewayPort: number;
  /** Undefined is the user's data folder. */
  readonly dataDir: string | undefined;
  /** Undefined is SQLite in the data folder. */
  readonly databaseUrl: string | undefined;
  /** Path of the configuration file. */
  readonly config: string | undefined;
  /** Where the metrics are served; undefined: as the environment or the configuration says. */
  readonly metrics: ListenAddress | undefined;
  readonly readyFile: string | undefined;
  /** Run an agent for this machine, where podman is found. */
  readonly agent: boolean;
  /** Replace the demo token and print the new one. */
  readonly newToken: boolean;
}

/** What `mcpctl` needs. */
export interface CliDeps extends CliOutput, Terminal, Clock {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch?: FetchLike;
  readonly agentTokens: AgentTokens;
  /** Makes an image of a package of npm's on this machine; its reference. */
  buildNpmImage(options: {
    readonly package: NpmPackage;
    readonly bin?: string;
    readonly onProgress: (line: string) => void;
    readonly signal: AbortSignal;
  }): Promise<string>;
  /** The container engine of this machine, for as long as it is not closed. Throws `unavailable`/`PROGRAM_MISSING` where there is none. */
  openEngine(): Promise<{ readonly runtime: Runtime; close(): Promise<void> }>;
  /** Undefined where none runs. */
  localInstance(): LocalInstance | undefined;
  /** Runs until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  up(options: UpOptions): Promise<number>;
}

export interface ServerRow {
  readonly handle: string;
  readonly title?: string;
  readonly backing: Backing["kind"];
  readonly enabled: boolean;
  readonly state: string;
  /** Why the state is what it is. */
  readonly reason?: string;
  /** Null where no list was ever read. */
  readonly tools: number | null;
  /** Whether `tools` is the last known number, of a server that does not answer now. */
  readonly stale: boolean;
  readonly projects: readonly string[];
}

export interface ServerTestStep {
  readonly name: "initialize" | "tools/list";
  readonly ok: boolean;
  readonly ms: number;
  /** What was found, as `14 tools`, or why it failed; may be empty. */
  readonly detail: string;
}

export interface ServerTestResult {
  readonly handle: string;
  readonly ok: boolean;
  readonly steps: readonly ServerTestStep[];
}

/** What `mcpd serve` is asked for. */
export type ServeOptions = Pick<UpOptions, "host" | "apiPort" | "dataDir" | "databaseUrl" | "config" | "metrics">;

/** What `mcpd worker` is asked for. */
export type WorkerOptions = Pick<UpOptions, "dataDir" | "databaseUrl" | "config" | "metrics">;

/** What `mcpd` needs. */
export interface McpdDeps extends CliOutput {
  /** Runs until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  serve(options: ServeOptions): Promise<number>;
  /** Carries dispatched calls out until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  worker(options: WorkerOptions): Promise<number>;
  /** Registers this version's workers, and switches them on or off where `active` says so. */
  syncWorkers(options: { readonly dataDir: string | undefined; readonly active: boolean | undefined }): Promise<readonly SyncedWorker[]>;
  /** Gives a user a new random password and returns it; every log-in of the user ends. */
  resetPassword(options: {
    readonly username: string;
    readonly dataDir: string | undefined;
    readonly databaseUrl: string | undefined;
  }): Promise<string>;
  /** All servers, enabled or not. */
  listServers(options: { readonly dataDir: string | undefined }): Promise<readonly ServerRow[]>;
  /** Tests the enabled servers, or the one that is named; the name is a listed one. */
  testServers(options: { readonly dataDir: string | undefined; readonly server: string | undefined }): Promise<readonly ServerTestResult[]>;
}

/** What the command line asks of the program around it; main/ joins these with the areas. */
import type { FetchLike } from "../mcp/client/fetch-like.ts";

export interface CliOutput {
  stdout(text: string): void;
  stderr(text: string): void;
}

export interface UpOptions {
  readonly host: string;
  /** 0 is a free one. */
  readonly apiPort: number;
  readonly gatewayPort: number;
  /** Undefined is the user's data folder. */
  readonly dataDir: string | undefined;
  readonly readyFile: string | undefined;
  /** Replace the demo token and print the new one. */
  readonly newToken: boolean;
}

/** What `mcpctl` needs. */
export interface CliDeps extends CliOutput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch?: FetchLike;
  /** Runs until it is told to stop; resolves with the exit code. Throws AppError where it cannot start. */
  up(options: UpOptions): Promise<number>;
}

export interface ServerRow {
  readonly handle: string;
  readonly title?: string;
  readonly backing: "builtin" | "stdio" | "url";
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

/** What `mcpd` needs. */
export interface McpdDeps extends CliOutput {
  /** All servers, enabled or not. */
  listServers(options: { readonly dataDir: string | undefined }): Promise<readonly ServerRow[]>;
  /** Tests the enabled servers, or the one that is named; the name is a listed one. */
  testServers(options: { readonly dataDir: string | undefined; readonly server: string | undefined }): Promise<readonly ServerTestResult[]>;
}

/** For tests: runs a program on a line of words and keeps what it wrote. */
import type { Command } from "commander";
import { AGENT_TOKEN } from "../api/agent/agent-token.fixture.ts";
import { createMcpdProgram } from "./mcpd-program.ts";
import type { CliDeps, CliOutput, McpdDeps } from "./ports.ts";
import { createProgram } from "./program.ts";
import { runCli } from "./run-cli.ts";

export interface CapturedRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function captureRun(build: (output: CliOutput) => Command | Promise<Command>, argv: readonly string[]): Promise<CapturedRun> {
  let stdout = "";
  let stderr = "";
  const program = await build({
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  const exitCode = await runCli(program, argv);
  return { exitCode, stdout, stderr };
}

/** Nobody at the terminal and nothing on standard input. */
export const BARE_DEPS: Omit<CliDeps, keyof CliOutput> = {
  env: {},
  now: () => new Date("2026-06-01T12:00:00.000Z"),
  isTerminal: false,
  readStdin: async () => "",
  readLine: async () => unexpected("readLine"),
  readPassword: async () => unexpected("readPassword"),
  openEditor: async () => unexpected("openEditor"),
  untilInterrupted: () => new AbortController().signal,
  showsColours: false,
  readInput: async function* () {},
  writeOutput: () => unexpected("writeOutput"),
  agentTokens: { logIn: async () => "jwt", load: async () => AGENT_TOKEN, save: async () => undefined },
  buildNpmImage: async () => unexpected("buildNpmImage"),
  openEngine: async () => unexpected("openEngine"),
  localInstance: () => undefined,
  up: async () => 0,
};

function unexpected(what: string): never {
  throw new Error(`the test did not expect ${what}`);
}

/** `deps.stdout` hears what is written, as it is. */
export function captureMcpctl(argv: readonly string[], deps: Partial<CliDeps> = {}): Promise<CapturedRun> {
  const heard = (output: CliOutput): CliOutput => ({
    ...output,
    stdout: (text) => {
      output.stdout(text);
      deps.stdout?.(text);
    },
  });
  return captureRun((output) => createProgram({ ...BARE_DEPS, ...deps, ...heard(output) }, argv[0]), argv);
}

/** The same against an mcpd of the test's own, logged in by the environment. */
export function captureWithApi(argv: readonly string[], api: Pick<CliDeps, "fetch">, deps: Partial<CliDeps> = {}): Promise<CapturedRun> {
  const env = { MCPCTL_URL: "http://127.0.0.1:3100", MCPCTL_API_TOKEN: "mcpctl_ses_test", ...deps.env };
  return captureMcpctl(argv, { ...deps, env, ...(api.fetch === undefined ? {} : { fetch: api.fetch }) });
}

const NO_MCPD = {
  serve: async () => 0,
  worker: async () => 0,
  resetPassword: async () => "",
  listServers: async () => [],
  testServers: async () => [],
  syncWorkers: async () => [],
};

export function captureMcpd(argv: readonly string[], deps: Partial<McpdDeps> = {}): Promise<CapturedRun> {
  return captureRun((output) => createMcpdProgram({ ...NO_MCPD, ...deps, ...output }), argv);
}

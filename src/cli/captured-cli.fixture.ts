/** For tests: runs a program on a line of words and keeps what it wrote. */
import type { Command } from "commander";
import { createMcpdProgram } from "./mcpd-program.ts";
import type { CliDeps, CliOutput, McpdDeps } from "./ports.ts";
import { createProgram } from "./program.ts";
import { runCli } from "./run-cli.ts";

export interface CapturedRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function captureRun(build: (output: CliOutput) => Command, argv: readonly string[]): Promise<CapturedRun> {
  let stdout = "";
  let stderr = "";
  const program = build({
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

export function captureMcpctl(argv: readonly string[], deps: Partial<CliDeps> = {}): Promise<CapturedRun> {
  return captureRun((output) => createProgram({ env: {}, up: async () => 0, ...deps, ...output }), argv);
}

export function captureMcpd(argv: readonly string[], deps: Partial<McpdDeps> = {}): Promise<CapturedRun> {
  return captureRun((output) => createMcpdProgram({ listServers: async () => [], testServers: async () => [], ...deps, ...output }), argv);
}

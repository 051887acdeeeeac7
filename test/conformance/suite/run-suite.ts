import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../e2e/support/up-process.ts";
import { readVerdicts } from "./read-verdicts.ts";
import type { Revision } from "./revision.ts";
import type { Verdicts } from "./verdicts.ts";

const SUITE = join(ROOT, "node_modules/@modelcontextprotocol/conformance/dist/index.js");

export interface SuiteRun {
  /** What is judged: the server at a URL, or the client that a command starts. */
  readonly judged: { readonly server: string } | { readonly client: string };
  readonly revision: Revision;
  readonly env?: Readonly<Record<string, string>>;
  /** For one scenario, in ms. */
  readonly scenarioLimitMs: number;
  /** For all of them, in ms. */
  readonly limitMs: number;
}

/** Runs one set of requirements in a process of its own, and reads the verdicts. Throws where it does not come to its end. */
export async function runSuite({ judged, revision, env, scenarioLimitMs, limitMs }: SuiteRun): Promise<Verdicts> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-conformance-"));
  try {
    const target = "server" in judged ? ["server", "--url", judged.server] : ["client", "--command", judged.client];
    const options = ["--requirements", revision, "--timeout", String(scenarioLimitMs), "--output-dir", folder];
    const child = Bun.spawn([process.execPath, "--bun", SUITE, ...target, ...options], {
      env: { ...process.env, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
    // It sums up at its end, whether anything failed or not.
    if (!/^Total: \d+ passed/m.test(stdout)) throw new Error(`The suite did not come to its end: ${(stderr || stdout).slice(-2000)}`);
    return await readVerdicts(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { afterAll, beforeAll } from "bun:test";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramResult, runProgram } from "../../support/run-program.ts";
import { gatewayUrl } from "./gateway-url.ts";
import { programPath } from "./program-path.ts";
import { type UpOptions, UpProcess } from "./up-process.ts";

/** A folder for one test file, and the processes it started: both are gone when the file is done. */
export class Scratch {
  #folder = "";
  readonly #processes: UpProcess[] = [];

  /** Registers the hooks of the file that calls it. */
  constructor(name: string) {
    beforeAll(async () => {
      this.#folder = await mkdtemp(join(await realpath(tmpdir()), `mcpctl ${name}-`));
    });
    afterAll(async () => {
      await Promise.all(this.#processes.map((process) => process.discard()));
      await rm(this.#folder, { recursive: true, force: true });
    });
  }

  /** Absolute. Before the file's hooks have run there is no folder, and a path would lie wherever the tests were started. */
  path(...parts: readonly string[]): string {
    if (this.#folder === "") throw new Error("the scratch folder is made by a hook: ask for a path within a test");
    return join(this.#folder, ...parts);
  }

  /** Starts `mcpctl up` on the data folder of this name. */
  up(name: string, options: Partial<UpOptions> = {}): UpProcess {
    const started = new UpProcess({ dataDir: this.path(name), ...options });
    this.#processes.push(started);
    return started;
  }

  /** The same with a ready file. */
  upWithReadyFile(name: string, options: Partial<UpOptions> = {}): UpProcess {
    return this.up(name, { readyFile: this.path(`${name}.ready.json`), ...options });
  }

  /** The gateway's base URL of the instance on this folder, as soon as it takes calls. */
  gatewayOf(name: string): Promise<string> {
    return gatewayUrl(this.path(name, "instance.json"));
  }

  /** Runs one of the checkout's programs to its end, away from the user's own configuration. */
  run(
    program: "mcpctl" | "mcpd" | "mcplocal",
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    stdin?: string,
  ): Promise<ProgramResult> {
    const own = { MCPCTL_TOKEN: undefined, MCPCTL_URL: undefined, MCPCTL_API_TOKEN: undefined, MCPCTL_CONFIG: this.path("config.json") };
    const input = stdin === undefined ? {} : { stdin };
    return runProgram([programPath(program), ...args], { cwd: this.#folder, env: { ...own, ...env }, ...input });
  }
}

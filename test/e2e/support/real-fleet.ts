import { afterAll, expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PodmanScratch, podmanScratch } from "../../support/podman/podman-scratch.ts";
import { podman } from "../../support/podman/run-podman.ts";
import { type ProgramResult, runProgram } from "../../support/run-program.ts";
import { freePort } from "./free-port.ts";
import { processesNaming } from "./process-table.ts";
import { programPath } from "./program-path.ts";
import { Scratch } from "./scratch.ts";
import { SpawnedProgram } from "./spawned-program.ts";
import { UNLIMITED } from "./unlimited.ts";
import { type Ready, ROOT } from "./up-process.ts";
import { waitUntil } from "./wait-until.ts";

const NODE = "rift";
const STOP_LIMIT_MS = 15_000;

/**
 * mcpd with a gateway, an agent on podman, and a person's command line: each a process, made as docs/FLEET.md tells people
 * to. All of it is gone when the file's tests are over, with the containers and images that it made.
 */
export class RealFleet {
  readonly node = NODE;
  readonly containers: PodmanScratch;
  readonly scratch: Scratch;
  readonly #spawned: SpawnedProgram[] = [];
  /** What `mcpctl` was run with. */
  readonly #run: string[] = [];
  #agent: SpawnedProgram | undefined;
  #agentPort = 0;
  #ready: Ready | undefined;

  /** Registers the hooks of the file that calls it. */
  constructor(name: string) {
    // The agent first: it would put right what is taken away.
    afterAll(async () => {
      for (const program of this.#spawned) await program.discard();
      await this.#endAgent();
    }, 60_000);
    this.containers = podmanScratch();
    this.scratch = new Scratch(name);
  }

  /** What `mcpctl up` says of itself. */
  get ready(): Ready {
    if (this.#ready === undefined) throw new Error("the fleet was not started");
    return this.#ready;
  }

  /** `HOST:PORT` of the agent. */
  get address(): string {
    return `127.0.0.1:${this.#agentPort}`;
  }

  agentFile(name: string): string {
    return this.scratch.path("agent", name);
  }

  /** The file of a service, where the command line looks for it. */
  serviceFile(service: string): string {
    return this.scratch.path("home/.config/mcp/services", `${service}.toml`);
  }

  writeService(service: string, toml: string): void {
    writeFileSync(this.serviceFile(service), toml);
  }

  /** Starts mcpd and the gateway, makes and starts an agent, logs in, and makes the node known. `more` follows the agent's configuration. */
  async start(more = ""): Promise<void> {
    for (const folder of ["agent", "home/.config/mcp/services"]) mkdirSync(this.scratch.path(folder), { recursive: true });
    const image = this.containers.serverImage();
    [this.#ready, this.#agentPort] = await Promise.all([
      this.scratch.upWithReadyFile("up", { args: UNLIMITED }).ready(),
      freePort(),
      this.ok(this.mcpAgent("cert", "--host", "127.0.0.1")),
    ]);
    writeFileSync(this.agentFile("mcp-agent.toml"), this.#agentConfig(more));
    await Promise.all([this.#startChecked(), this.#logIn(), image]);
    await this.ok(this.mcpctl(["node", "add", NODE, this.address, "--accept-fingerprint"]));
  }

  async #startChecked(): Promise<void> {
    await this.ok(this.mcpAgent("validate-config", "--config", "mcp-agent.toml"));
    await this.startAgent();
  }

  async #logIn(): Promise<void> {
    const { username = "", password = "" } = this.ready.admin ?? {};
    await this.ok(this.mcpctl(["login", "--url", this.ready.api, "--username", username, "--password-stdin"], password));
  }

  async startAgent(): Promise<void> {
    const argv = [programPath("mcp-agent"), "server", "--config", "mcp-agent.toml"];
    this.#agent = new SpawnedProgram(argv, { cwd: this.scratch.path("agent") });
    await this.#agent.said(/certificate sha256:/);
  }

  /** As kill -9 ends it. */
  async killAgent(): Promise<void> {
    this.#agent?.signal("SIGKILL");
    await this.#agent?.ended();
  }

  async stopAgent(): Promise<number | null> {
    this.#agent?.signal("SIGTERM");
    return (await this.#agent?.ended(STOP_LIMIT_MS)) ?? null;
  }

  /** Runs `mcpctl` to its end, as the person who has logged in. */
  mcpctl(argv: readonly string[], stdin?: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> {
    this.#run.push(argv.join(" "));
    const input = stdin === undefined ? {} : { stdin };
    return runProgram([programPath("mcpctl"), ...argv], { cwd: this.scratch.path(), env: { ...this.#env(), ...env }, ...input });
  }

  /** The same while it runs. */
  spawnMcpctl(...argv: readonly string[]): SpawnedProgram {
    this.#run.push(argv.join(" "));
    const program = new SpawnedProgram([programPath("mcpctl"), ...argv], { cwd: this.scratch.path(), env: this.#env() });
    this.#spawned.push(program);
    return program;
  }

  /** Stops a service, as who is told that it is put right just now: once more. What was printed. */
  stopService(service: string): Promise<string> {
    return waitUntil(`${service} is stopped`, async () => {
      const { exitCode, stdout, stderr } = await this.mcpctl(["stop", service]);
      if (exitCode !== 0) expect(stderr).toContain(`holds the service ${service} with a heal since`);
      return exitCode === 0 ? stdout : undefined;
    });
  }

  /** Whether `mcpctl` was run with these words first. */
  hasRun(words: string): boolean {
    return this.#run.some((line) => line.startsWith(`${words} `) || line === words);
  }

  /** Runs `mcp-agent` to its end in the agent's folder. */
  mcpAgent(...argv: readonly string[]): Promise<ProgramResult> {
    return runProgram([programPath("mcp-agent"), ...argv], { cwd: this.scratch.path("agent") });
  }

  /** What it printed; fails where it did not end well. */
  async ok(run: Promise<ProgramResult>): Promise<string> {
    const { exitCode, stdout, stderr } = await run;
    expect({ exitCode, said: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, said: "" });
    return stdout;
  }

  /** What `mcpctl … -o json` answered. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON, looked at by what a test expects of it.
  async json(...argv: readonly string[]): Promise<any> {
    return JSON.parse(await this.ok(this.mcpctl([...argv, "-o", "json"])));
  }

  /** `name state` of each container whose name begins so, sorted. */
  async states(start: string): Promise<readonly string[]> {
    const all: readonly { readonly Names: readonly string[]; readonly State: string }[] = JSON.parse(
      await podman("ps", "--all", "--format", "json"),
    );
    const own = all.filter(({ Names: [name = ""] }) => name.startsWith(start));
    return own.map(({ Names: [name], State }) => `${name} ${State}`).sort();
  }

  /** A field of `podman inspect`, by its Go template. */
  inspect(container: string, template: string): Promise<string> {
    return podman("inspect", "--format", template, container);
  }

  #env(): Readonly<Record<string, string | undefined>> {
    const none = ["XDG_CONFIG_HOME", "MCP_CONFIG", "MCPCTL_CONFIG", "MCPCTL_TOKEN", "MCPCTL_URL", "MCPCTL_API_TOKEN"];
    return { HOME: this.scratch.path("home"), ...Object.fromEntries(none.map((name) => [name, undefined])) };
  }

  /** The one of docs/FLEET.md, with a port that is free here and the mcpd of this test. */
  #agentConfig(more: string): string {
    const fleet = readFileSync(join(ROOT, "docs/FLEET.md"), "utf8");
    const [, config = ""] = /```toml\n(\[server\][\s\S]*?)```/.exec(fleet) ?? [];
    expect(config).toContain(`node_name = "${NODE}"`);
    return `${config.replace("0.0.0.0:9444", this.address).replace("https://mcpd.example.org", this.ready.api)}${more}`;
  }

  async #endAgent(): Promise<void> {
    if (this.#agent === undefined) return;
    if (!this.#agent.hasEnded) await this.stopAgent();
    // One that was killed leaves podman's service to the next, and there is none.
    const left = () => processesNaming(this.scratch.path("agent"));
    for (const pid of left()) process.kill(pid, "SIGTERM");
    await waitUntil("nothing of the agent is left", () => left().length === 0);
  }
}

/** What the tests of the stateless contract share: the engine, containers that go when a file is done, tokens. */
import { afterAll } from "bun:test";
import { createHmac, randomBytes } from "node:crypto";
import { openEngine } from "../../src/main/open-engine.ts";
import type { ContainerSpec, PathChange } from "../../src/runtime/runtime.ts";
import { ContainerLab, type LabOptions, type Started } from "../../src/verify/stateless/container-lab.ts";
import { statelessSpec, volumesToCover } from "../../src/verify/stateless/stateless-spec.ts";
import type { Subject, VerifyDeps } from "../../src/verify/stateless/subject.ts";
import { requires } from "../support/requires.ts";

const hasEngine = Bun.which("podman") !== null || Bun.which("docker") !== null;

/** Declares a test that needs containers. */
export const requiresContainers = requires(hasEngine, "neither podman nor docker is installed");

/** The secret of JWTs that the containers of this run take. */
export const JWT_KEY = randomBytes(32).toString("hex");

/** A JWT of this person, HS256, good for ten minutes. */
export function jwtOf(subject: string, key = JWT_KEY): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: subject, scope: "mcp:read mcp:call", iat: now, exp: now + 600 })}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

export interface StatelessLabOptions {
  readonly image: () => Promise<string>;
  readonly containerPort: number;
  readonly tool: Subject["tool"];
  readonly env: Readonly<Record<string, string>>;
}

/** How a test changes a container before it is made. */
export type Change = (spec: ContainerSpec) => ContainerSpec;

export interface StatelessLab {
  deps(): Promise<VerifyDeps>;
  lab(): Promise<ContainerLab>;
  /** A container's spec under the whole contract, changed by a test. */
  spec(role: string, change?: Change): Promise<ContainerSpec>;
  /** Starts one of its own; throws with its log where it ends. */
  start(role: string, change?: Change): Promise<Started>;
  /** The container under the whole contract that the tests of a file share. */
  statelessContainer(): Promise<Started>;
  /** One that nothing constrains: what the suite has to find something wrong with. */
  writableContainer(): Promise<Started>;
  /** The address of the shared container's MCP server. */
  containerUrl(): Promise<string>;
  /** As a client of it, with the token of `ann`. */
  subject(started: Started): Subject;
}

/** Call it once at the top of a test file. Nothing is started before a test asks for it. */
export function statelessLab(options: StatelessLabOptions): StatelessLab {
  let engine: ReturnType<typeof openEngine> | undefined;
  let opened: Promise<ContainerLab> | undefined;
  const shared = new Map<string, Promise<Started>>();
  const labOptions: LabOptions = { path: "/mcp", containerPort: options.containerPort, token: jwtOf("ann"), startTimeoutMs: 60_000 };
  afterAll(async () => {
    await (await opened?.catch(() => undefined))?.close();
    await (await engine?.catch(() => undefined))?.close();
  }, 60_000);

  async function deps(): Promise<VerifyDeps> {
    engine ??= openEngine(process.env);
    const { runtime } = await engine;
    const clock = { nowMs: () => performance.now(), now: () => new Date() };
    return { runtime, fetch: (url, init) => fetch(url, init), ...clock, onProgress: () => {}, signal: new AbortController().signal };
  }
  function lab(): Promise<ContainerLab> {
    opened ??= deps().then((ready) => new ContainerLab(ready, labOptions));
    return opened;
  }
  async function spec(role: string, change?: Change): Promise<ContainerSpec> {
    const name = (await lab()).nameOf(role);
    const { containerPort, env } = options;
    const { runtime } = await deps();
    const image = await options.image();
    const volumes = volumesToCover(runtime, (await runtime.image(image)) ?? { volumes: [] });
    const plain = statelessSpec({ name, image, containerPort, hostPort: 0, env, volumes });
    return change?.(plain) ?? plain;
  }
  async function start(role: string, change?: Change): Promise<Started> {
    const started = await (await lab()).start(await spec(role, change));
    if (started.kind === "answers") return started;
    throw new Error(`Container failed to start: exit code ${started.info.exitCode}\n${started.log.join("\n")}`);
  }
  function once(role: string, change?: Change): Promise<Started> {
    const running = shared.get(role) ?? start(role, change);
    shared.set(role, running);
    return running;
  }
  const statelessContainer = () => once("stateless");
  return {
    deps,
    lab,
    spec,
    start,
    statelessContainer,
    writableContainer: () => once("writable", unconstrained),
    containerUrl: async () => (await statelessContainer()).url,
    subject: ({ name, url }) => ({ name, url, token: jwtOf("ann"), otherToken: jwtOf("bob"), tool: options.tool, timeoutMs: 15_000 }),
  };
}

/** Takes every constraint away. */
function unconstrained({ memoryBytes: _memory, cpuMillis: _cpu, pids: _pids, ...spec }: ContainerSpec): ContainerSpec {
  return { ...spec, readOnly: false, capDrop: [], noNewPrivileges: false, tmpfs: [] };
}

/** The same container with these variables besides. */
export function withEnv(env: Readonly<Record<string, string>>, change: Change = (spec) => spec): Change {
  return (spec) => change({ ...spec, env: { ...spec.env, ...env } });
}

/** What was written in a container's root, by the engine's `diff`. */
export async function getContainerFilesystemWrites({ deps }: StatelessLab, { name }: Started): Promise<readonly PathChange[]> {
  return (await deps()).runtime.diff(name);
}

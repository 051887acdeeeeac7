import { AppError } from "../../core/app-error.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { type ComponentDefinition, containerNameOf } from "../../service-definition/service-definition.ts";
import { endpointOf } from "../probe/endpoint-of.ts";
import type { Endpoint } from "../probe/probe-ports.ts";
import { componentNotFound } from "../registry/not-found.ts";
import type { Registry } from "../registry/registry.ts";
import type { ProxiedPath } from "./proxied-path.ts";

export interface ComponentTrafficDeps {
  readonly runtime: Pick<Runtime, "inspect">;
  readonly registry: Pick<Registry, "component">;
  /** The id of the container that calls go to while a component is replaced; undefined: the one of the component's name. */
  readonly serving: { get(service: string, component: string): string | undefined };
  readonly monotonicNow: () => number;
}

/** A call on its way: where it goes to, until it is over. */
export interface Passage {
  readonly endpoint: Endpoint;
  readonly containerId: string;
  /** Once, whatever became of it. */
  end(): void;
}

interface Target {
  readonly endpoint: Endpoint;
  readonly containerId: string;
  readonly servingId: string | undefined;
  readonly untilMs: number;
}

/** To ask the container engine on each call would cost more than the call. */
const TARGET_TTL_MS = 1000;
const MAX_TARGETS = 1000;
/** How long a container that was drained is asked for twice before a call goes there again. */
const RETIRED_MS = 60_000;

/** Knows which container serves a component's port now, and how many calls are in flight at each container. */
export class ComponentTraffic {
  readonly #deps: ComponentTrafficDeps;
  /** By `service/component/port`. */
  readonly #targets = new Map<string, Target>();
  /** By the container's id; gone when there are none. */
  readonly #inFlight = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();
  /** When each was drained, by id. */
  readonly #retired = new Map<string, number>();

  constructor(deps: ComponentTrafficDeps) {
    this.#deps = deps;
  }

  /** Calls in flight, at all containers. */
  get inFlight(): number {
    return [...this.#inFlight.values()].reduce((sum, count) => sum + count, 0);
  }

  /**
   * Lets a call in. `again` has the container looked up anew, after one that was not there.
   *
   * Throws `not_found`/`COMPONENT_NOT_FOUND`, `denied`/`PORT_NOT_DECLARED`, `unavailable`/`COMPONENT_UNREACHABLE`.
   */
  async enter(to: Omit<ProxiedPath, "rest">, { again = false } = {}): Promise<Passage> {
    const target = await this.#targetOf(to, again);
    const { containerId, endpoint } = target;
    this.#inFlight.set(containerId, (this.#inFlight.get(containerId) ?? 0) + 1);
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      this.#left(containerId);
    };
    return { endpoint, containerId, end };
  }

  /** Resolves when no call is in flight at this container, or with `signal`; new ones go to its successor. */
  async drained(containerId: string, signal: AbortSignal): Promise<void> {
    const now = this.#deps.monotonicNow();
    for (const [id, at] of this.#retired) if (now - at > RETIRED_MS) this.#retired.delete(id);
    this.#retired.set(containerId, now);
    for (const [key, target] of this.#targets) if (target.containerId === containerId) this.#targets.delete(key);
    if (!this.#inFlight.has(containerId) || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(containerId) ?? new Set();
      const done = () => {
        waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.set(containerId, waiting.add(done));
      signal.addEventListener("abort", done);
    });
  }

  #left(containerId: string): void {
    const count = (this.#inFlight.get(containerId) ?? 1) - 1;
    if (count > 0) {
      this.#inFlight.set(containerId, count);
      return;
    }
    this.#inFlight.delete(containerId);
    for (const done of this.#waiting.get(containerId) ?? []) done();
    this.#waiting.delete(containerId);
  }

  async #targetOf(to: Omit<ProxiedPath, "rest">, again: boolean): Promise<Target> {
    const key = `${to.service}/${to.component}/${to.port}`;
    const known = this.#targets.get(key);
    const servingId = this.#deps.serving.get(to.service, to.component);
    const isFresh = known !== undefined && known.servingId === servingId && this.#deps.monotonicNow() < known.untilMs;
    if (isFresh && !again) return known;
    let found = await this.#lookUp(to);
    // The look-up may have begun before the container was replaced. One that is found twice is back in its place.
    if (this.#retired.has(found.containerId)) found = await this.#lookUp(to);
    this.#targets.delete(key);
    this.#targets.set(key, found);
    const [oldest] = this.#targets.keys();
    if (this.#targets.size > MAX_TARGETS && oldest !== undefined) this.#targets.delete(oldest);
    return found;
  }

  async #lookUp({ service, component, port }: Omit<ProxiedPath, "rest">): Promise<Target> {
    const { registry, runtime, serving, monotonicNow } = this.#deps;
    const record = await registry.component(service, component);
    if (record === undefined) throw componentNotFound(service, component);
    if (!declares(record.spec, port)) {
      throw new AppError("denied", "PORT_NOT_DECLARED", `The component ${service}/${component} declares no TCP port ${port}`, {
        hint: `write ports = ["${port}"] into its definition, and deploy it`,
      });
    }
    const servingId = serving.get(service, component);
    const container = await runtime.inspect(servingId ?? containerNameOf(service, component));
    if (container?.state !== "running")
      throw unreachable(service, component, container === undefined ? "it has no container" : "it does not run");
    const endpoint = endpointOf(container, port);
    if (endpoint === undefined) throw unreachable(service, component, `its container has no address, and port ${port} is not published`);
    return { endpoint, containerId: container.id, servingId, untilMs: monotonicNow() + TARGET_TTL_MS };
  }
}

/** Its TCP ports, and the one that it is asked for MCP at. */
function declares({ ports, healthcheck }: ComponentDefinition, port: number): boolean {
  const probe = healthcheck?.probe;
  if (probe?.kind === "mcp" && probe.port === port) return true;
  return ports.some(({ containerPort, protocol }) => containerPort === port && protocol === "tcp");
}

export function unreachable(service: string, component: string, why: string, cause?: unknown): AppError {
  return new AppError("unavailable", "COMPONENT_UNREACHABLE", `The component ${service}/${component} cannot be reached: ${why}`, {
    cause,
    hint: `'mcpctl status ${service}' says how it is`,
    retryAfterSeconds: 1,
  });
}

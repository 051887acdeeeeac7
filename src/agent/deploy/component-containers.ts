import type { ContainerInfo } from "../../runtime/runtime.ts";
import { type ContainerNames, containerNamesOf } from "../component/container-names.ts";
import { LABELS } from "../component/labels.ts";
import { isOwnedBy, type Owner } from "../component/ownership-of.ts";
import type { DeploymentRecord } from "../registry/registry.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { ownContainer } from "./own-container.ts";
import { hasProcess } from "./plan-component.ts";
import { stopContainer } from "./stop-container.ts";

type Deps = Pick<EngineDeps, "runtime" | "registry" | "node" | "agent">;

/** The containers of one component: what stands under its names, and what becomes of it. */
export class ComponentContainers {
  readonly names: ContainerNames;
  readonly owner: Owner;
  /** Those that can be gone back to, the current one too. */
  readonly deployments: readonly DeploymentRecord[];
  readonly #deps: Deps;

  private constructor(deps: Deps, owner: Owner, deployments: readonly DeploymentRecord[]) {
    this.#deps = deps;
    this.owner = owner;
    this.deployments = deployments;
    this.names = containerNamesOf(owner.service, owner.component);
  }

  /** As the registry knows the component now. */
  static async of(deps: Deps, service: string, component: string): Promise<ComponentContainers> {
    const { deployment = 0 } = (await deps.registry.component(service, component)) ?? {};
    const deployments = await deps.registry.deployments(service, component);
    return new ComponentContainers(deps, { node: deps.node, agent: deps.agent, service, component, deployment }, deployments);
  }

  get nextNumber(): number {
    return Math.max(this.deployments[0]?.number ?? 0, this.owner.deployment) + 1;
  }

  /** The one that serves. Throws `conflict`/`CONTAINER_FOREIGN`. */
  current(signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    return ownContainer(this.#deps.runtime, this.names.current, this.owner, signal);
  }

  /** Clears what an operation that went wrong may have left under the names that the next one needs. */
  async tidy(signal: AbortSignal): Promise<void> {
    const { runtime } = this.#deps;
    const next = await ownContainer(runtime, this.names.next, this.owner, signal);
    if (next !== undefined) await this.putAway(next, this.#numberOf(next), signal);
    const prev = await ownContainer(runtime, this.names.prev, this.owner, signal);
    if (prev === undefined) return;
    const current = await this.current(signal);
    if (current !== undefined && !this.#isUncommitted(current, prev)) return await this.putAway(prev, this.#numberOf(prev), signal);
    if (current !== undefined) await this.putAway(current, this.#numberOf(current), signal);
    await runtime.rename(prev.id, this.names.current, signal);
  }

  /** Whether it was put in `prev`'s place by an operation that could neither commit it nor undo that. What was adopted has no number. */
  #isUncommitted(current: ContainerInfo, prev: ContainerInfo): boolean {
    const { deployment } = this.owner;
    const isPrevCurrent = this.#numberOf(prev) === deployment || (deployment > 0 && prev.labels[LABELS.managed] !== "true");
    return isPrevCurrent && current.labels[LABELS.managed] === "true" && this.#numberOf(current) !== deployment;
  }

  /** Stops a container and keeps it where it is one of the kept deployments and not the current one; else it goes. */
  async putAway(container: ContainerInfo, number: number, signal: AbortSignal): Promise<void> {
    const { runtime } = this.#deps;
    const isKept = number !== this.owner.deployment && this.deployments.some((each) => each.number === number);
    if (!isKept) return await runtime.remove(container.id, { volumes: true, signal });
    const name = this.names.kept(number);
    if (hasProcess(container)) {
      const isStopped = await stopContainer({ runtime }, container, signal).then(
        () => true,
        () => false,
      );
      // Two containers of one component are worse than one that cannot be kept: its image is.
      if (!isStopped) return await runtime.remove(container.id, { volumes: true, signal });
    }
    if (container.name === name) return;
    const there = await ownContainer(runtime, name, this.owner, signal);
    if (there !== undefined) await runtime.remove(there.id, { volumes: true, signal });
    await runtime.rename(container.id, name, signal);
  }

  /** Removes the containers and images of deployments that are forgotten. What cannot be removed is left to `sweep`. */
  async forget(numbers: readonly number[], signal: AbortSignal): Promise<void> {
    for (const number of numbers) {
      const kept = await this.#deps.runtime.inspect(this.names.kept(number), signal);
      if (kept !== undefined && isOwnedBy(kept, this.owner)) await this.#deps.runtime.remove(kept.id, { volumes: true, signal });
      // It may be gone, or another container may need the image.
      await this.#deps.runtime.removeImage(this.names.keptImage(number), signal).catch(() => {});
    }
  }

  /** Every container of this component with its labels but the one that serves. */
  async others(signal?: AbortSignal): Promise<readonly ContainerInfo[]> {
    const { runtime } = this.#deps;
    const { node, service, component } = this.owner;
    const labels = { [LABELS.managed]: "true", [LABELS.node]: node, [LABELS.service]: service, [LABELS.component]: component };
    const found: ContainerInfo[] = [];
    for (const { id, name } of await runtime.list({ labels, ...(signal === undefined ? {} : { signal }) })) {
      const info = name === this.names.current ? undefined : await runtime.inspect(id, signal);
      if (info !== undefined && isOwnedBy(info, this.owner)) found.push(info);
    }
    return found;
  }

  /** Puts away all of them but the one that serves, whatever their names are. */
  async sweep(signal: AbortSignal): Promise<void> {
    for (const other of await this.others(signal)) await this.putAway(other, this.#numberOf(other), signal);
  }

  #numberOf({ labels }: ContainerInfo): number {
    return Number(labels[LABELS.deployment] ?? 0);
  }
}

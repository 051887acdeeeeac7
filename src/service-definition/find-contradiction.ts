import { nearest } from "../core/nearest.ts";
import { dependencyCycle } from "./component-order.ts";
import { clashOnHost, formatPortMapping } from "./port-mapping.ts";
import type { ComponentDefinition, ServiceDefinition } from "./service-definition.ts";
import { parseTmpfsMount } from "./tmpfs-mount.ts";

/** What no single key can be blamed for. */
export interface Contradiction {
  /** The keys that lead to it. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** The first thing in a definition that contradicts another one; undefined where it is sound. */
export function findContradiction(definition: ServiceDefinition): Contradiction | undefined {
  const { components } = definition;
  return (
    sameName(components) ??
    first(components, (component, index) => unknownDependency(component, index, components)) ??
    cycle(components) ??
    samePort(components) ??
    first(components, withinComponent)
  );
}

function withinComponent(component: ComponentDefinition, index: number): Contradiction | undefined {
  const found =
    clashOfVariables(component) ??
    clashOfTargets(component) ??
    withoutNetwork(component) ??
    ofHealthcheck(component) ??
    ofProfile(component);
  return found && { ...found, path: ["components", index, ...found.path] };
}

function sameName(components: readonly ComponentDefinition[]): Contradiction | undefined {
  return first(components, ({ name }, index) =>
    components.findIndex((other) => other.name === name) < index
      ? { path: ["components", index, "name"], message: `there are two components '${name}'`, hint: "give each a name of its own" }
      : undefined,
  );
}

function unknownDependency(
  component: ComponentDefinition,
  index: number,
  components: readonly ComponentDefinition[],
): Contradiction | undefined {
  const names = components.map(({ name }) => name);
  const unknown = component.dependsOn.find((name) => !names.includes(name));
  if (unknown === undefined) return undefined;
  const [meant] = nearest(unknown, names);
  return {
    path: ["components", index, "depends_on"],
    message: `there is no component '${unknown}' in this service`,
    hint: meant ? `did you mean '${meant}'?` : `there are ${names.join(", ")}`,
  };
}

function cycle(components: readonly ComponentDefinition[]): Contradiction | undefined {
  const names = dependencyCycle(components);
  if (names.length === 0) return undefined;
  const index = components.findIndex(({ name }) => name === names[0]);
  return { path: ["components", index, "depends_on"], message: `components wait for each other: ${names.join(" → ")}` };
}

function samePort(components: readonly ComponentDefinition[]): Contradiction | undefined {
  const ports = components.flatMap(({ name, ports: own }, index) => own.map((port, at) => ({ name, index, at, port })));
  return first(ports, ({ index, at, port }, position) => {
    const earlier = ports.slice(0, position).find((other) => clashOnHost(other.port, port));
    if (earlier === undefined) return undefined;
    return {
      path: ["components", index, "ports", at],
      message: `host port ${port.hostPort} is taken by '${formatPortMapping(earlier.port)}' of component '${earlier.name}'`,
      hint: "choose another host port, or leave it out: the agent's proxy reaches a container without one",
    };
  });
}

function clashOfVariables({ env, secrets }: ComponentDefinition): Contradiction | undefined {
  const both = Object.keys(secrets).find((name) => Object.hasOwn(env, name));
  return both === undefined
    ? undefined
    : { path: ["secrets", both], message: `'${both}' stands in env too`, hint: "leave one of them out" };
}

function clashOfTargets({ volumes, hardening }: ComponentDefinition): Contradiction | undefined {
  const mounts = [
    ...volumes.map(({ target }, index) => ({ target, path: ["volumes", index] })),
    ...hardening.tmpfs.map((text, index) => ({ target: parseTmpfsMount(text).target, path: ["hardening", "tmpfs", index] })),
  ];
  return first(mounts, ({ target, path }, index) =>
    mounts.findIndex((other) => other.target === target) < index ? { path, message: `something else is mounted at ${target}` } : undefined,
  );
}

function withoutNetwork({ network, ports, healthcheck }: ComponentDefinition): Contradiction | undefined {
  if (network !== "none") return undefined;
  if (ports.length > 0)
    return { path: ["ports"], message: "a component without a network has no ports", hint: "leave ports or network out" };
  if (healthcheck === undefined || healthcheck.probe.kind === "exec") return undefined;
  return { path: ["healthcheck"], message: "a component without a network is probed by exec alone", hint: 'write exec = ["…"]' };
}

function ofHealthcheck({ healthcheck }: ComponentDefinition): Contradiction | undefined {
  if (healthcheck === undefined || healthcheck.deadlineMs >= healthcheck.timeoutMs) return undefined;
  return { path: ["healthcheck", "deadline"], message: "ends before a single probe may", hint: "make it longer than timeout" };
}

function ofProfile({ hardening, volumes }: ComponentDefinition): Contradiction | undefined {
  const { profile, readOnly } = hardening;
  if (profile !== "strict" && profile !== "stateless") return undefined;
  if (readOnly === false) {
    return {
      path: ["hardening", "read_only"],
      message: `the profile ${profile} has a read-only root`,
      hint: 'leave read_only out, or write profile = "default"',
    };
  }
  const writable = profile === "stateless" ? volumes.findIndex((volume) => !volume.readOnly) : -1;
  if (writable >= 0) {
    return {
      path: ["volumes", writable],
      message: "the profile stateless has no volume that may be written",
      hint: "add :ro, or use a tmpfs or another profile",
    };
  }
  return undefined;
}

function first<T>(items: readonly T[], find: (item: T, index: number) => Contradiction | undefined): Contradiction | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

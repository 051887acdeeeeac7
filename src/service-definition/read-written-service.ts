import { z } from "zod";
import type { AppError } from "../core/app-error.ts";
import { given } from "../core/given.ts";
import { nearest } from "../core/nearest.ts";
import { oneLine } from "../core/one-line.ts";
import { findContradiction } from "./find-contradiction.ts";
import { invalidDefinition } from "./invalid-definition.ts";
import type { ComponentDefinition, Healthcheck, Probe, ServiceDefinition } from "./service-definition.ts";
import {
  DEFAULT_HEALTHCHECK,
  DEFAULT_STOP_TIMEOUT_MS,
  type ReadComponent,
  type ReadHealthcheck,
  type ReadService,
  writtenServiceSchema,
} from "./written-service.ts";

type KeyPath = readonly (string | number)[];

/** Where a definition comes from, as an error says it. */
export interface DefinitionSource {
  /** A file, or who sent it. */
  readonly name: string;
  /** The line that a key stands in; undefined where there are none. */
  readonly lineOf?: (path: KeyPath) => number | undefined;
}

/**
 * A definition of what stands in a file, or came over the wire, as plain values. What is not known is refused.
 *
 * Throws `invalid`/`SERVICE_DEFINITION_INVALID`: `shop.toml:12: components[0].ports[1]: …`, with the nearest known key as the hint.
 */
export function readWrittenService(written: unknown, source: DefinitionSource): ServiceDefinition {
  const hidden = pathOfProto(written, []);
  if (hidden !== undefined) throw at(source, hidden, "there is no such key");
  const result = writtenServiceSchema.safeParse(written);
  if (!result.success) throw refusal(result.error.issues[0], written, source);
  const definition = definitionOf(result.data, source);
  const found = findContradiction(definition);
  if (found !== undefined) throw at(source, found.path, found.message, found.hint);
  return definition;
}

function definitionOf(read: ReadService, source: DefinitionSource): ServiceDefinition {
  return {
    name: read.name,
    node: read.node,
    active: read.active,
    selfHeal: read.self_heal,
    comment: read.comment,
    components: read.components.map((component, index) => componentOf(component, ["components", index], source)),
  };
}

function componentOf(read: ReadComponent, path: KeyPath, source: DefinitionSource): ComponentDefinition {
  const { resources, hardening } = read;
  return given({
    name: read.name,
    image: read.image,
    network: read.network,
    user: read.user,
    ports: read.ports,
    volumes: read.volumes,
    cmd: read.cmd,
    entrypoint: read.entrypoint,
    env: read.env,
    secrets: read.secrets,
    labels: read.labels,
    dependsOn: read.depends_on,
    healthcheck: read.healthcheck && healthcheckOf(read.healthcheck, [...path, "healthcheck"], source),
    resources: given({
      memoryBytes: resources.memory,
      cpuMillis: resources.cpus && Math.round(resources.cpus * 1000),
      pids: resources.pids,
    }),
    stopTimeoutMs: read.stop_timeout ?? DEFAULT_STOP_TIMEOUT_MS,
    hardening: given({
      profile: hardening.profile,
      readOnly: hardening.read_only,
      tmpfs: hardening.tmpfs,
      capDrop: hardening.cap_drop,
      capAdd: hardening.cap_add,
      securityOpt: hardening.security_opt,
      userns: hardening.userns,
    }),
    updateOrder: read.update_order,
  });
}

function healthcheckOf(read: ReadHealthcheck, path: KeyPath, source: DefinitionSource): Healthcheck {
  return {
    probe: probeOf(read, path, source),
    intervalMs: read.interval ?? DEFAULT_HEALTHCHECK.intervalMs,
    timeoutMs: read.timeout ?? DEFAULT_HEALTHCHECK.timeoutMs,
    retries: read.retries ?? DEFAULT_HEALTHCHECK.retries,
    deadlineMs: read.deadline ?? DEFAULT_HEALTHCHECK.deadlineMs,
  };
}

function probeOf(read: ReadHealthcheck, path: KeyPath, source: DefinitionSource): Probe {
  const kinds = (["mcp", "http", "tcp", "exec"] as const).filter((kind) => read[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const message = kind === undefined ? "says not what to probe" : `says ${kinds.join(" and ")}`;
    throw at(source, path, message, 'write one of mcp = "/mcp", http = "/", tcp = true and exec = ["…"]');
  }
  if (kind === "exec") {
    if (read.port === undefined) return { kind, command: read.exec ?? [] };
    throw at(source, [...path, "port"], "a command has no port", "leave it out; it is for mcp, http and tcp");
  }
  if (read.port === undefined) throw at(source, [...path, "port"], "is missing", `${kind} needs the container's port`);
  return kind === "tcp" ? { kind, port: read.port } : { kind, path: read[kind] ?? "/", port: read.port };
}

/** Keys of other tools, and what there is instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  command: "the arguments are cmd, the program is entrypoint",
  args: "the arguments are cmd, the program is entrypoint",
  environment: "variables stand in env",
  privileged: "no component is privileged; name the capabilities that it needs in hardening.cap_add",
  network_mode: "write network; the host's is shared by nobody",
  networks: "write network: a component has one",
  pid: "no component shares the processes of the node",
  ipc: "no component shares the memory of the node",
  devices: "no component gets devices of the node",
  restart: 'the agent restarts what has ended; self_heal = "alert" keeps it from that',
  restart_policy: 'the agent restarts what has ended; self_heal = "alert" keeps it from that',
  memory: "it stands in [components.resources]",
  cpus: "it stands in [components.resources]",
  pids: "it stands in [components.resources]",
  read_only: "it stands in [components.hardening]",
  cap_add: "it stands in [components.hardening]",
  cap_drop: "it stands in [components.hardening]",
  tmpfs: "it stands in [components.hardening]",
  security_opt: "it stands in [components.hardening]",
  userns: "it stands in [components.hardening]",
  profile: "it stands in [components.hardening]",
  health: "it is [components.healthcheck]",
  component: "it is [[components]]",
};

function refusal(issue: z.core.$ZodIssue | undefined, written: unknown, source: DefinitionSource): AppError {
  // TOML and messages have keys that are texts, and places that are numbers.
  const path = (issue?.path ?? []) as KeyPath;
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const [meant] = nearest(key, knownKeys(path));
    const elsewhere = Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
    return at(source, [...path, key], "there is no such key", elsewhere ?? (meant && `did you mean '${meant}'?`));
  }
  if (issue?.code === "invalid_type" && valueAt(written, path) === undefined) return at(source, path, "is missing");
  const hint = issue?.code === "custom" ? issue.params?.hint : undefined;
  return at(source, path, issue?.message ?? "is invalid", typeof hint === "string" ? hint : undefined);
}

function at(source: DefinitionSource, path: KeyPath, message: string, hint?: string): AppError {
  const line = source.lineOf?.(path);
  const place = path.length === 0 ? "" : `${keyPath(path)}: `;
  return invalidDefinition(`${source.name}${line === undefined ? "" : `:${line}`}: ${place}${message}`, hint);
}

/** `components[0].ports[1]`. */
function keyPath(path: KeyPath): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${oneLine(String(key), 80)}`)).join("");
  return text.startsWith(".") ? text.slice(1) : text;
}

/** Where a key is called `__proto__`. The schema would pass over it in silence. */
function pathOfProto(value: unknown, path: KeyPath): KeyPath | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, "__proto__")) return [...path, "__proto__"];
  for (const [key, each] of Object.entries(value)) {
    const found = pathOfProto(each, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function valueAt(written: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((outer, key) => {
    if (typeof outer !== "object" || outer === null || !Object.hasOwn(outer, key)) return undefined;
    return (outer as Record<PropertyKey, unknown>)[key];
  }, written);
}

/** The keys that a table of the file may have. */
function knownKeys(path: KeyPath): readonly string[] {
  const table = path.reduce<unknown>((outer, key) => {
    if (outer instanceof z.ZodObject) return bare(outer.shape[String(key)]);
    return outer instanceof z.ZodArray ? bare(outer.element) : undefined;
  }, writtenServiceSchema);
  return table instanceof z.ZodObject ? Object.keys(table.shape) : [];
}

function bare(schema: unknown): unknown {
  const wrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wrapped ? bare(schema.unwrap()) : schema;
}

import fc from "fast-check";
import { given } from "../core/given.ts";
import { CAPABILITIES } from "./capability.ts";
import type { ComponentDefinition, Hardening, Healthcheck, PortMapping, ServiceDefinition, VolumeMount } from "./service-definition.ts";

/** A service with as little as there may be in one, and what a test adds to its component. */
export function smallService(component: Partial<ComponentDefinition> = {}): ServiceDefinition {
  return { name: "shop", node: "rift", active: true, selfHeal: "heal", comment: "", components: [smallComponent(component)] };
}

export function smallComponent(component: Partial<ComponentDefinition> = {}): ComponentDefinition {
  return {
    name: "api",
    image: "registry.example.org/shop:v1.2.0",
    ports: [],
    volumes: [],
    cmd: [],
    entrypoint: [],
    env: {},
    secrets: {},
    labels: {},
    dependsOn: [],
    resources: {},
    stopTimeoutMs: 10_000,
    hardening: { profile: "default", tmpfs: [], capDrop: [], capAdd: [], securityOpt: [] },
    ...component,
  };
}

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
/** What makes trouble in TOML and in argument lists. */
const argument = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("\0", "").toWellFormed()),
  fc.constantFrom("", " ", '"', "'''", '"""', "\\", "a\nb", "\r\n", "\t", "# no comment", "= [x]", "ü€😀", "\u007f", "\u001b[31m"),
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const port = fc.integer({ min: 1, max: 65_535 });
const milliseconds = (min: number, max: number) =>
  fc.oneof(
    fc.integer({ min, max }),
    fc.integer({ min: Math.ceil(min / 1000), max: Math.floor(max / 1000) }).map((s) => s * 1000),
  );

const portMapping: fc.Arbitrary<PortMapping> = fc.oneof(
  fc.record({ containerPort: port, protocol: fc.constantFrom("tcp" as const, "udp" as const) }),
  fc
    .record({
      hostPort: port,
      hostAddress: optional(fc.constantFrom("127.0.0.1", "0.0.0.0", "::1", "10.1.2.3", "fd00::1")),
      containerPort: port,
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
    })
    .map(given),
);

const plainPath = fc.array(fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));

const volume: fc.Arbitrary<VolumeMount> = fc.record({
  source: fc.oneof(
    plainPath.map((path) => `/srv/${path}`),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,8}$/),
  ),
  target: plainPath.map((path) => `/mnt/${path}`),
  readOnly: fc.boolean(),
});

const healthcheck: fc.Arbitrary<Healthcheck> = fc.record({
  probe: fc.oneof(
    fc.record({ kind: fc.constantFrom("mcp" as const, "http" as const), path: plainPath.map((path) => `/${path}`), port }),
    fc.record({ kind: fc.constant("tcp" as const), port }),
    fc.record({ kind: fc.constant("exec" as const), command: fc.array(argument, { minLength: 1, maxLength: 4 }) }),
  ),
  intervalMs: milliseconds(500, 3_600_000),
  timeoutMs: milliseconds(100, 300_000),
  retries: fc.integer({ min: 1, max: 100 }),
  deadlineMs: milliseconds(300_000, 3_600_000),
});

const hardening: fc.Arbitrary<Hardening> = fc
  .record({
    profile: fc.constantFrom("default" as const, "strict" as const, "stateless" as const, "trusted" as const),
    readOnly: optional(fc.boolean()),
    tmpfs: fc.uniqueArray(
      plainPath.map((path) => `/run/${path}`),
      { maxLength: 2 },
    ),
    capDrop: fc.subarray(["ALL", "NET_RAW", "MKNOD"]),
    capAdd: fc.subarray([...CAPABILITIES], { maxLength: 3 }),
    securityOpt: fc.subarray(["no-new-privileges", "seccomp=unconfined", "label=type:spc_t"]),
    userns: optional(fc.constantFrom("auto", "keep-id:uid=1000,gid=1000", "nomap", "host")),
  })
  .map((each) =>
    given({ ...each, readOnly: ["strict", "stateless"].includes(each.profile) && each.readOnly === false ? true : each.readOnly }),
  );

const variables = fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/), argument, { maxKeys: 4, noNullPrototype: true });

const component = (own: string, hostPorts: readonly PortMapping[]): fc.Arbitrary<ComponentDefinition> =>
  fc
    .record({
      image: fc.constantFrom(
        "shop",
        "registry:5000/a/shop:v1",
        `localhost/shop@sha256:${"a".repeat(64)}`,
        `r.io/x:1@sha256:${"0".repeat(64)}`,
      ),
      network: optional(fc.constantFrom("bridge", "shop_net", "n.1")),
      user: optional(fc.constantFrom("0", "10001:10001", "www-data")),
      volumes: fc.uniqueArray(volume, { maxLength: 3, selector: ({ target }) => target }),
      cmd: fc.array(argument, { maxLength: 4 }),
      entrypoint: fc.array(argument, { maxLength: 2 }),
      env: variables,
      secrets: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), plainPath, { maxKeys: 3, noNullPrototype: true }),
      labels: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9./-]{0,8}$/), argument, { maxKeys: 3, noNullPrototype: true }),
      healthcheck: optional(healthcheck),
      resources: fc
        .record({
          memoryBytes: optional(
            fc.oneof(
              fc.integer({ min: 6 * 2 ** 20, max: 2 ** 40 }),
              fc.integer({ min: 6, max: 4096 }).map((mib) => mib * 2 ** 20),
            ),
          ),
          cpuMillis: optional(fc.integer({ min: 1, max: 128_000 })),
          pids: optional(fc.integer({ min: 1, max: 100_000 })),
        })
        .map(given),
      stopTimeoutMs: milliseconds(0, 3_600_000),
      hardening,
      updateOrder: optional(fc.constantFrom("start-first" as const, "stop-first" as const)),
    })
    .map((each) =>
      given({
        ...each,
        name: own,
        ports: hostPorts,
        dependsOn: [] as readonly string[],
        volumes: each.hardening.profile === "stateless" ? each.volumes.map((mount) => ({ ...mount, readOnly: true })) : each.volumes,
      }),
    );

/** Sound definitions of every kind. */
export const soundDefinition: fc.Arbitrary<ServiceDefinition> = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    ports: fc.uniqueArray(portMapping, { maxLength: 6, selector: (each) => each.hostPort ?? `c${each.containerPort}` }),
  })
  .chain(({ names, ports }) =>
    fc.record({
      name,
      node: fc.stringMatching(/^[a-z][a-z0-9-]{1,12}$/),
      active: fc.boolean(),
      selfHeal: fc.constantFrom("heal" as const, "alert" as const),
      comment: argument,
      components: fc
        .tuple(
          ...names.map((own, index) =>
            component(
              own,
              ports.filter((_, at) => at % names.length === index),
            ),
          ),
        )
        .chain((all) =>
          // Each may depend on those before it: no cycle.
          fc
            .tuple(...all.map((_, index) => fc.subarray(names.slice(0, index))))
            .map((wanted) => all.map((each, index) => ({ ...each, dependsOn: wanted[index] ?? [] }))),
        ),
    }),
  );

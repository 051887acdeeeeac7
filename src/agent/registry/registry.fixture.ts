import type { ComponentDefinition, ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { Registry } from "./registry.ts";
import { openSqliteRegistry } from "./sqlite/sqlite-registry.ts";

/** An empty registry in memory. */
export function registryFixture(): Registry {
  return openSqliteRegistry(":memory:");
}

/** A component that says no more than it must. */
export function componentFixture(change: Partial<ComponentDefinition> = {}): ComponentDefinition {
  return {
    name: "api",
    image: "registry.test/web/api:v1",
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
    ...change,
  };
}

/** An active service `web` on the node `here` with the component `api`, unless it is said otherwise. */
export function serviceFixture(change: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return { name: "web", node: "here", active: true, selfHeal: "heal", comment: "", components: [componentFixture()], ...change };
}

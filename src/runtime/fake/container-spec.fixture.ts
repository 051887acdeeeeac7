import type { ContainerSpec } from "../runtime.ts";

/** For tests: a spec with nothing in it, and what the test is about. */
export function containerSpec(spec: Partial<ContainerSpec> & Pick<ContainerSpec, "name" | "image">): ContainerSpec {
  return {
    network: "none",
    ports: [],
    mounts: [],
    tmpfs: [],
    env: {},
    labels: {},
    readOnly: false,
    capDrop: [],
    capAdd: [],
    noNewPrivileges: false,
    securityOpt: [],
    imageVolumes: "ignore",
    stopTimeoutMs: 1000,
    ...spec,
  };
}

import type { ContainerInfo, ContainerSpec } from "../../runtime/runtime.ts";

const SPEC: ContainerSpec = {
  name: "ha",
  image: "localhost/ha:1",
  network: "bridge",
  ports: [],
  mounts: [],
  tmpfs: [],
  env: {},
  labels: {},
  readOnly: false,
  capDrop: [],
  capAdd: [],
  noNewPrivileges: true,
  securityOpt: [],
  imageVolumes: "anonymous",
  stopTimeoutMs: 10_000,
};

/** A container that runs, with what a test says of it. */
export function containerInfo(
  change: Omit<Partial<ContainerInfo>, "spec"> & { readonly spec?: Partial<ContainerSpec> } = {},
): ContainerInfo {
  const { spec, ...rest } = change;
  return {
    id: "c1",
    name: "ha",
    image: "localhost/ha:1",
    state: "running",
    labels: {},
    createdAt: new Date(0),
    imageDigest: "sha256:1",
    imageId: "i1",
    startedAt: new Date(0),
    finishedAt: undefined,
    exitCode: undefined,
    oomKilled: false,
    pid: 100,
    monitorPid: undefined,
    addresses: ["127.0.0.1"],
    restartPolicy: "no",
    loosened: [],
    ...rest,
    spec: { ...SPEC, ...spec },
  };
}

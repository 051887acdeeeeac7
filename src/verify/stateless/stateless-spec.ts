import type { ContainerSpec, ImageInfo, Runtime } from "../../runtime/runtime.ts";

/** What a stateless container may have, and no more. */
export const STATELESS = {
  /** The only places that it may write to. */
  tmpfs: ["/tmp", "/app/.cache", "/run"],
  memoryBytes: 512 * 1024 * 1024,
  cpuMillis: 1000,
  pids: 256,
  env: { HOME: "/tmp", MCP_MULTIUSER_MODE: "true", QUILT_MULTIUSER_MODE: "true" },
} as const;

/** What `mcpctl verify` has made carries this label. */
export const VERIFY_LABEL = { "mcpctl.verify": "stateless" } as const;

export interface StatelessSpecOptions {
  readonly name: string;
  readonly image: string;
  readonly containerPort: number;
  /** 0: one that is free. */
  readonly hostPort: number;
  /** Wins over the contract's own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Places that get a tmpfs besides: `volumesToCover`. */
  readonly volumes?: readonly string[];
}

/** Volumes that an image declares, where the engine makes them whatever it is told: Docker does, and leaves be what is a tmpfs. */
export function volumesToCover({ driver }: Pick<Runtime, "driver">, { volumes }: Pick<ImageInfo, "volumes">): readonly string[] {
  return driver === "docker" ? volumes : [];
}

/** A container as production runs it: nothing to write to but memory, no privilege to gain, limits that hold. */
export function statelessSpec({ name, image, containerPort, hostPort, env, volumes = [] }: StatelessSpecOptions): ContainerSpec {
  return {
    name,
    image,
    network: "bridge",
    ports: [{ hostAddress: "127.0.0.1", hostPort, containerPort, protocol: "tcp" }],
    mounts: [],
    tmpfs: [...STATELESS.tmpfs, ...volumes].map((target) => ({ target, options: ["rw", "nosuid", "nodev", "mode=1777", "size=64m"] })),
    env: { ...STATELESS.env, ...env },
    labels: VERIFY_LABEL,
    memoryBytes: STATELESS.memoryBytes,
    cpuMillis: STATELESS.cpuMillis,
    pids: STATELESS.pids,
    readOnly: true,
    capDrop: ["ALL"],
    capAdd: [],
    noNewPrivileges: true,
    securityOpt: [],
    imageVolumes: "ignore",
    stopTimeoutMs: 5_000,
  };
}

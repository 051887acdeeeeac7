/**
 * Containers on this machine, whoever runs them. Every driver passes `runtime.contract.ts`.
 *
 * Every call ends within its deadline, and with `signal` before that. Errors are AppError: `not_found`/`CONTAINER_NOT_FOUND`,
 * `not_found`/`IMAGE_NOT_FOUND`, `conflict`/`CONTAINER_NAME_TAKEN`, `conflict`/`PORT_TAKEN`,
 * `precondition`/`CONTAINER_STATE_WRONG`, `precondition`/`CONTAINER_HALF_MADE`, `unavailable`/`PULL_FAILED`, `unavailable`/`RUNTIME_UNAVAILABLE`,
 * `deadline`/`RUNTIME_TIMEOUT`, `exhausted`/`DISK_FULL`, `canceled`/`RUNTIME_CALL_CANCELED` (or the AppError that `signal`
 * was aborted with), `invalid`/`CONTAINER_SPEC_REFUSED`, `internal`/`RUNTIME_FAILED`. `runtime-errors.ts` makes them.
 */
export interface Runtime {
  readonly driver: "libpod" | "podman-cli" | "docker" | "fake";

  /** Says which engine answers; cheap enough for every few seconds. */
  version(signal?: AbortSignal): Promise<RuntimeVersion>;

  /** Fetches an image, whether it is there or not. `onProgress` gets a line now and then. */
  pull(image: string, options?: PullOptions): Promise<void>;
  /** The image as it is stored here; undefined where it is not. */
  image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined>;
  tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void>;
  removeImage(reference: string, signal?: AbortSignal): Promise<void>;

  /** Makes a container and does not start it. Resolves with its id. Its restart policy is `no`, always. */
  create(spec: ContainerSpec, signal?: AbortSignal): Promise<string>;
  /** One that runs already is left as it is. */
  start(name: string, signal?: AbortSignal): Promise<void>;
  /** SIGTERM, and SIGKILL after `timeoutMs`. One that is stopped already is left as it is. */
  stop(name: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  kill(name: string, signalName: string, signal?: AbortSignal): Promise<void>;
  /** One that runs is killed at once: stop it first where it is to end in order. One that is gone already is no error. */
  remove(name: string, options?: { readonly volumes?: boolean; readonly signal?: AbortSignal }): Promise<void>;
  rename(name: string, to: string, signal?: AbortSignal): Promise<void>;

  /** Undefined: there is none of this name or id. */
  inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined>;
  /** All of them, or those that carry every one of these labels. */
  list(options?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
  }): Promise<readonly ContainerSummary[]>;

  /** Events of containers from now on, or from `since` on; ends with `signal`, throws where the stream breaks. */
  events(options: { readonly since?: Date; readonly signal: AbortSignal }): AsyncIterable<RuntimeEvent>;
  logs(name: string, options: LogOptions): AsyncIterable<LogChunk>;
  /** Runs a command in a running container. */
  exec(name: string, options: ExecOptions): Promise<ExecSession>;
  stats(names: readonly string[], signal?: AbortSignal): Promise<readonly ContainerStats[]>;
  /** What was changed in its file system, mount points left out. */
  diff(name: string, signal?: AbortSignal): Promise<readonly PathChange[]>;

  close(): Promise<void>;
}

export interface RuntimeVersion {
  readonly name: "podman" | "docker" | "fake";
  readonly version: string;
}

export interface PullOptions {
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface ImageInfo {
  readonly id: string;
  /** `sha256:…` of the manifest where it is known, else of the image's own configuration. */
  readonly digest: string;
  readonly size: number;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly exposedPorts: readonly number[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A container as it is to be. A closed set: nothing else can be asked of an engine. */
export interface ContainerSpec {
  readonly name: string;
  /** A reference or an id; what it resolved to is in `labels`. */
  readonly image: string;
  /** `none`, `bridge` or a network's name. */
  readonly network: string;
  readonly user?: string;
  readonly ports: readonly ContainerPort[];
  readonly mounts: readonly ContainerMount[];
  readonly tmpfs: readonly TmpfsMount[];
  /** Undefined: the image's. */
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly memoryBytes?: number;
  readonly cpuMillis?: number;
  readonly pids?: number;
  readonly readOnly: boolean;
  /** Upper case without `CAP_`; `ALL` is all of them. */
  readonly capDrop: readonly string[];
  readonly capAdd: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Further options, `seccomp=…`, `apparmor=…`, `label=…`. */
  readonly securityOpt: readonly string[];
  readonly userns?: string;
  /** Whether volumes that the image declares are made. */
  readonly imageVolumes: "anonymous" | "ignore";
  readonly stopTimeoutMs: number;
}

export interface ContainerPort {
  readonly hostAddress: string;
  /** 0: one that is free. */
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
}

export interface ContainerMount {
  readonly kind: "bind" | "volume";
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface TmpfsMount {
  readonly target: string;
  readonly options: readonly string[];
}

/** Told the same by every engine. */
export type ContainerState = "created" | "starting" | "running" | "paused" | "stopping" | "exited" | "removing" | "unknown";

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

export interface ContainerInfo extends ContainerSummary {
  readonly imageDigest: string;
  readonly imageId: string;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** Undefined while it runs or was never started. */
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  /** 0 where it does not run. */
  readonly pid: number;
  /** Of podman's monitor; undefined where the engine has none. */
  readonly monitorPid: number | undefined;
  /** Addresses in its networks, the first is the one to reach it by. */
  readonly addresses: readonly string[];
  /** What it was made with, as far as the engine tells; for drift and adoption. */
  readonly spec: ContainerSpec;
  /** Anything but `no` is drift: the agent owns restarts. */
  readonly restartPolicy: string;
  /** Where something loosens it that a spec cannot say: `privileged`, `host network`, `host pid`, … */
  readonly loosened: readonly string[];
}

export interface RuntimeEvent {
  readonly at: Date;
  /** `create`, `start`, `died`, `stop`, `remove`, `rename`, `pause`, `unpause`, `oom`; others as the engine has them. */
  readonly action: string;
  readonly containerId: string;
  readonly containerName: string;
  readonly exitCode: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LogOptions {
  readonly follow: boolean;
  /** The last lines; undefined is all. */
  readonly tail?: number;
  readonly since?: Date;
  readonly timestamps?: boolean;
  readonly signal: AbortSignal;
}

export interface LogChunk {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly signal: AbortSignal;
}

export interface ExecSession {
  readonly output: AsyncIterable<LogChunk>;
  write(data: Uint8Array): Promise<void>;
  closeInput(): Promise<void>;
  /** Resolves when the command has ended. */
  readonly exitCode: Promise<number>;
}

export interface ContainerStats {
  readonly name: string;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly pids: number;
}

export interface PathChange {
  readonly kind: "added" | "changed" | "deleted";
  readonly path: string;
}

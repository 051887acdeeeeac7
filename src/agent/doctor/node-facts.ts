/** A fact that could not be found out. */
export interface Unknown {
  /** Why, the end of a sentence. */
  readonly problem: string;
}

export interface EngineFacts {
  readonly name: "podman" | "docker";
  readonly version: string;
  /** `crun`, `runc`; empty where it is not told. */
  readonly ociRuntime: string;
  /** Where podman keeps its state: `boltdb`, `sqlite`; empty where it is not told. */
  readonly database: string;
  readonly rootless: boolean;
}

export interface CleanupProcess {
  readonly pid: number;
  readonly command: string;
  readonly ageSeconds: number;
}

export interface SocketFacts {
  readonly path: string;
  /** Undefined: it is not there. */
  readonly file: { readonly isSocket: boolean; readonly mode: number; readonly gid: number } | undefined;
  /** Whether the agent needs it. */
  readonly isNeeded: boolean;
}

export interface DiskFacts {
  readonly path: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeInodes: number;
  /** 0: this file system has no fixed number of them. */
  readonly totalInodes: number;
}

export interface CertificateFacts {
  readonly path: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The names and addresses it is good for. */
  readonly names: readonly string[];
  readonly matchesKey: boolean;
  readonly keyPath: string;
  readonly keyMode: number;
}

/** All that `diagnose` looks at. Times are the machine's own. */
export interface NodeFacts {
  readonly now: Date;
  readonly engine: EngineFacts | Unknown;
  /** The last `default_ulimits` in podman's configuration; undefined: none is set, and podman's own hold. */
  readonly defaultUlimits: readonly string[] | undefined;
  /** Whether this process may raise resource limits (CAP_SYS_RESOURCE). */
  readonly mayRaiseLimits: boolean;
  readonly cgroups: "v1" | "v2" | "mixed" | "none";
  readonly cleanups: readonly CleanupProcess[];
  readonly sockets: readonly SocketFacts[];
  readonly disks: readonly (DiskFacts | (Unknown & { readonly path: string }))[];
  /** Whether something keeps the clock right; undefined: nothing here tells. */
  readonly clockSynchronized: boolean | undefined;
  /** When the registry was written last; undefined: there is none. */
  readonly registryWrittenAt: Date | undefined;
  /** Undefined: the agent has none yet. */
  readonly certificate: CertificateFacts | (Unknown & { readonly path: string }) | undefined;
  /** The name that others call the node by, which its certificate must have; empty: not told. */
  readonly address: string;
  readonly dataFolder: { readonly path: string; readonly mode: number; readonly isOwn: boolean } | (Unknown & { readonly path: string });
  readonly backups: { readonly folder: string; readonly newest: Date | undefined; readonly count: number };
  /** What SQLite's check says; undefined: sound, or not there. */
  readonly registryProblem: string | undefined;
  readonly registryFile: string;
}

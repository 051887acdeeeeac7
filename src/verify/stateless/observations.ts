import type { ContainerInfo, PathChange } from "../../runtime/runtime.ts";

/** A mount as the kernel has it. */
export interface KernelMount {
  readonly target: string;
  readonly fsType: string;
  readonly writable: boolean;
}

/** A container's main process as the kernel sees it: what no engine can say otherwise. */
export interface KernelView {
  readonly noNewPrivileges: boolean;
  /** `CapBnd`, `CapPrm`, `CapEff` and `CapAmb` together, as bits. */
  readonly capabilities: bigint;
  readonly uid: number;
  /** 0 none, 1 strict, 2 a filter. */
  readonly seccomp: number;
  readonly mounts: readonly KernelMount[];
  /** Undefined: no limit, or none that can be read here. */
  readonly memoryLimitBytes: number | undefined;
  readonly memoryPeakBytes: number | undefined;
  readonly cpuMillis: number | undefined;
}

export interface ContainerView {
  /** What the engine says. */
  readonly info: ContainerInfo;
  /** Undefined where the container's process is not to be seen from here. */
  readonly kernel: KernelView | undefined;
}

export interface WritesView {
  /** Of the container under the whole contract. */
  readonly strict: readonly PathChange[];
  /** Of the same image with a root that can be written to: what it would write. Undefined where none was run. */
  readonly writable: readonly PathChange[] | undefined;
  /** Lines of the log that tell of a write that was refused. */
  readonly refusedInLog: readonly string[];
  /** Files in tmpfs after the run; undefined where they cannot be read from here. */
  readonly inTmpfs: readonly string[] | undefined;
}

export type AuthProbeKind =
  | "no token"
  | "an empty bearer"
  | "a malformed JWT"
  | "a JWT of a foreign issuer"
  | "an unsigned JWT"
  | "a token in the URL";

/** A request without a good credential, and what came back. */
export interface AuthProbe {
  readonly kind: AuthProbeKind;
  /** `POST initialize`, `POST tools/list`, `GET`. */
  readonly request: string;
  /** 0: no answer. */
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
}

/** Times in milliseconds. */
export interface BasicCalls {
  readonly server: { readonly name: string; readonly version: string } | undefined;
  readonly tools: readonly string[] | undefined;
  readonly calls: readonly { readonly tool: string; readonly ms: number; readonly failed: string | undefined }[];
  /** Why `initialize` or `tools/list` failed. */
  readonly failed: string | undefined;
}

/** One of several clients at the same time: its secret word, and all text that came back to it. */
export interface ClientRun {
  readonly canary: string;
  readonly received: string;
  readonly failed: string | undefined;
}

export interface IsolationRun {
  readonly together: readonly ClientRun[];
  /** A client that came after them; its text must have none of their words. */
  readonly after: ClientRun;
}

/** A request with one principal's session id and another's token. */
export interface ForeignSession {
  readonly status: number;
}

/** A file that was put into tmpfs before a restart. */
export interface TmpfsRun {
  readonly cleared: boolean;
}

/** What a start of the server looked like from outside, what differs each time taken out. */
export interface Behaviour {
  readonly initialize: string;
  /** The same questions again and again, in one start. */
  readonly rounds: readonly string[];
}

export interface RestartRun {
  readonly first: Behaviour;
  readonly second: Behaviour;
}

export interface StrainRun {
  /** Why the container does not run any more; undefined: it runs, and is the same process. */
  readonly died: string | undefined;
  readonly oomKilled: boolean;
  readonly requests: number;
  /** Of `requests`, how many had any HTTP answer. */
  readonly answered: number;
  /** Why an ordinary request after it failed. */
  readonly after: string | undefined;
  readonly peakMemoryBytes: number;
}

/** The server with credentials lying where a person keeps them. */
export interface DecoyRun {
  /** The files that were opened. Undefined where reads leave no trace here. */
  readonly read: readonly string[] | undefined;
  /** Decoys whose content came out in an answer or the log. */
  readonly shown: readonly string[];
  /** The probe without a token; undefined where the server is to have none. */
  readonly probe: AuthProbe | undefined;
}

/** All that was seen of one image or container. A part that is missing was not looked at, and `left` says why. */
export interface Observations {
  readonly container: ContainerView;
  readonly writes?: WritesView;
  readonly auth?: readonly AuthProbe[];
  readonly basic?: BasicCalls;
  readonly isolation?: IsolationRun;
  readonly foreignSession?: ForeignSession;
  readonly restart?: RestartRun;
  readonly tmpfs?: TmpfsRun;
  readonly strain?: StrainRun;
  readonly decoys?: DecoyRun;
  readonly left: Readonly<Partial<Record<ObservedPart, string>>>;
}

export type ObservedPart = "writes" | "auth" | "basic" | "isolation" | "foreignSession" | "restart" | "tmpfs" | "strain" | "decoys";

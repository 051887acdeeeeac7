/** The unit an operator deploys: one TOML file. Shape alone; `parse-service-definition.ts` makes it from text. */
export interface ServiceDefinition {
  readonly name: string;
  readonly node: string;
  /** Whether it should run. */
  readonly active: boolean;
  readonly selfHeal: SelfHeal;
  /** A sentence for people; empty for none. */
  readonly comment: string;
  /** At least one. */
  readonly components: readonly ComponentDefinition[];
}

/** What the agent does about a component that is not as it should be: put it right, or only say so. */
export type SelfHeal = "heal" | "alert";

/** One container of a service. What is not set is undefined or empty; `hardeningOf` gives what then holds. */
export interface ComponentDefinition {
  readonly name: string;
  readonly image: string;
  /** A network's name or `none`; undefined: the engine's default bridge. */
  readonly network?: string;
  /** `uid`, `uid:gid` or names. */
  readonly user?: string;
  readonly ports: readonly PortMapping[];
  readonly volumes: readonly VolumeMount[];
  readonly cmd: readonly string[];
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variable to the path of a file below the service's directory that holds its value. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Components of the same service that must be up first. */
  readonly dependsOn: readonly string[];
  readonly healthcheck?: Healthcheck;
  readonly resources: Resources;
  /** How long it may take to end before it is killed. */
  readonly stopTimeoutMs: number;
  readonly hardening: Hardening;
  /** Undefined: start-first where nothing clashes. */
  readonly updateOrder?: "start-first" | "stop-first";
}

export interface PortMapping {
  /** Undefined: only the agent's proxy reaches it. */
  readonly hostPort?: number;
  /** Undefined: loopback. */
  readonly hostAddress?: string;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
}

export interface VolumeMount {
  /** An absolute path, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export type Probe =
  | { readonly kind: "mcp"; readonly path: string; readonly port: number }
  | { readonly kind: "http"; readonly path: string; readonly port: number }
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "exec"; readonly command: readonly string[] };

export interface Healthcheck {
  readonly probe: Probe;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row until it counts as unhealthy. */
  readonly retries: number;
  /** How long a new container may take to become healthy. */
  readonly deadlineMs: number;
}

export interface Resources {
  readonly memoryBytes?: number;
  /** Thousandths of a core. */
  readonly cpuMillis?: number;
  readonly pids?: number;
}

export type HardeningProfile = "default" | "strict" | "stateless" | "trusted";

/** As it was written; what a profile adds is not in it. */
export interface Hardening {
  readonly profile: HardeningProfile;
  readonly readOnly?: boolean;
  /** `/path[:options]`. */
  readonly tmpfs: readonly string[];
  readonly capDrop: readonly string[];
  readonly capAdd: readonly string[];
  readonly securityOpt: readonly string[];
  readonly userns?: string;
}

/** The container's name: `<service>-<component>`, and just the service's where both are equal. */
export function containerNameOf(service: string, component: string): string {
  return service === component ? service : `${service}-${component}`;
}

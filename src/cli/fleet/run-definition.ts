import { AppError } from "../../core/app-error.ts";
import { parseByteSize } from "../../service-definition/byte-size.ts";
import { formatServiceDefinition } from "../../service-definition/format-service-definition.ts";
import { parseServiceDefinition } from "../../service-definition/parse-service-definition.ts";
import type { HardeningProfile, ServiceDefinition } from "../../service-definition/service-definition.ts";
import { parsePairs } from "../parse-pair.ts";

/** The flags of `run` that say how the component is to be. */
export interface RunFlags {
  readonly port: string;
  readonly path: string;
  readonly env?: readonly string[];
  readonly secret?: readonly string[];
  readonly memory: string;
  readonly profile: HardeningProfile;
}

export interface RunWish {
  readonly image: string;
  readonly name: string;
  readonly node: string;
  readonly args: readonly string[];
  readonly flags: RunFlags;
}

const STOP_TIMEOUT_MS = 10_000;

/** A service of one component of its name, which must answer MCP. Throws `invalid` as a file that says the same would. */
export function runDefinition({ image, name, node, args, flags }: RunWish): ServiceDefinition {
  const port = parseContainerPort(flags.port);
  const definition: ServiceDefinition = {
    name,
    node,
    active: true,
    selfHeal: "heal",
    comment: "",
    components: [
      {
        name,
        image,
        ports: [{ containerPort: port, protocol: "tcp" }],
        volumes: [],
        cmd: args,
        entrypoint: [],
        env: parsePairs("--env", flags.env) ?? {},
        secrets: parsePairs("--secret", flags.secret) ?? {},
        labels: {},
        dependsOn: [],
        healthcheck: {
          probe: { kind: "mcp", path: flags.path, port },
          intervalMs: 10_000,
          timeoutMs: 5000,
          retries: 3,
          deadlineMs: 60_000,
        },
        resources: { memoryBytes: parseByteSize(flags.memory) },
        stopTimeoutMs: STOP_TIMEOUT_MS,
        hardening: { profile: flags.profile, tmpfs: [], capDrop: [], capAdd: [], securityOpt: [] },
      },
    ],
  };
  return parseServiceDefinition(formatServiceDefinition(definition), `mcpctl run ${name}`);
}

function parseContainerPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new AppError("invalid", "PORT_INVALID", `--port '${text}' is no port`, { hint: "it is the container's, 1 to 65535" });
}

import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Backing, NodeAccess } from "../api/server-definition.ts";
import { AppError } from "../core/app-error.ts";
import { createContentServer } from "../gateway/builtin/content/content-server.ts";
import type { GatewayMetrics } from "../gateway/metrics/gateway-metrics.ts";
import { childLog } from "../gateway/server-log/child-log.ts";
import type { ServerLogs } from "../gateway/server-log/server-logs.ts";
import { filledIn, type ServerToRun } from "../gateway/serving/server-to-run.ts";
import { builtinUpstream } from "../gateway/upstream/builtin/builtin-upstream.ts";
import { EraVerdicts } from "../gateway/upstream/era-verdicts.ts";
import { componentUpstream } from "../gateway/upstream/http/component-upstream.ts";
import { HTTP_LIMITS, httpUpstream } from "../gateway/upstream/http/http-upstream.ts";
import { ERA_VERDICT_LIMITS, STDIO_LIMITS, stdioUpstream } from "../gateway/upstream/stdio/stdio-upstream.ts";
import type { Upstream, UpstreamEvents } from "../gateway/upstream/upstream.ts";
import type { Schema } from "../store/schema.ts";
import type { Observability } from "./observability.ts";

export interface ConnectServerDeps {
  readonly db: Kysely<Schema>;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether servers may be on this machine: only where nobody else reaches this gateway. */
  readonly allowLoopback: boolean;
  /** Whether servers over stdio may run, also those that were registered while they might. */
  readonly stdioEnabled: boolean;
  /** Of the servers that are processes. */
  readonly logs: ServerLogs;
  readonly metrics: Pick<GatewayMetrics, "childRestarted">;
  readonly traced: Observability["traced"];
}

/** What a process gets of our environment: enough to find and run programs, and none of our secrets. */
const PASSED_ENV = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM"];

/** Makes the connection to a server by what backs it. */
export function connectServer({
  db,
  log,
  env,
  allowLoopback,
  stdioEnabled,
  logs,
  metrics,
  traced,
}: ConnectServerDeps): (server: ServerToRun, events: UpstreamEvents) => Upstream {
  const passed = Object.fromEntries(PASSED_ENV.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const verdicts = new EraVerdicts({ ...ERA_VERDICT_LIMITS, monotonicNow: () => performance.now() });
  const connect = (server: ServerToRun, events: UpstreamEvents): Upstream => {
    const { handle, backing, policy } = server;
    const onLost = (reason: string) => log.warn({ server: handle, reason }, "server lost; connecting again");
    switch (backing.kind) {
      case "builtin": {
        if (backing.name !== "content") throw new AppError("invalid", "BUILTIN_UNKNOWN", `There is no built-in server ${backing.name}`);
        const onFailure = (error: unknown) => log.error({ server: handle, err: error }, "built-in server failed");
        return builtinUpstream({ server: createContentServer(db), onFailure });
      }
      case "stdio": {
        if (!stdioEnabled) throw new AppError("denied", "STDIO_DISABLED", "Servers over stdio are off (stdio.enabled, or multi-user mode)");
        const command = {
          command: backing.command,
          args: backing.args,
          env: { ...passed, ...filledIn(server, backing.env, backing.secretEnv) },
        };
        const signalGroup = (pid: number, signal: "SIGTERM" | "SIGKILL") => void process.kill(-pid, signal);
        const onRestart = () => metrics.childRestarted(handle);
        const children = { onRestart, log: childLog(logs, server), sharing: backing.sharing, verdicts };
        return stdioUpstream({ handle, command, era: policy.era, events, signalGroup, onLost, ...children, limits: STDIO_LIMITS });
      }
      case "component":
        return componentUpstream({ handle, backing, node: requireNode(server, backing.node), era: policy.era, events, onLost });
      case "url":
        return httpUpstream({
          handle,
          url: backing.url,
          headers: filledIn(server, backing.headers, backing.secretHeaders),
          allowAddresses: backing.allowAddresses ?? [],
          allowLoopback,
          era: policy.era,
          transport: backing.transport,
          events,
          onLost,
          limits: HTTP_LIMITS,
        });
    }
  };
  return (server, events) => traced(connect(server, events), { handle: server.handle, inMeta: hasNoHeaders(server.backing) });
}

/** Throws `precondition`/`NODE_MISSING`. */
function requireNode({ handle, node }: ServerToRun, name: string): NodeAccess {
  if (node !== undefined) return node;
  throw new AppError("precondition", "NODE_MISSING", `Server ${handle} is on the node ${name}, which is not known`, {
    hint: `mcpctl create node ${name} HOST:PORT`,
  });
}

/** Whether messages to it are all that it gets. */
function hasNoHeaders(backing: Backing): boolean {
  return backing.kind === "stdio" || (backing.kind === "url" && backing.transport === "sse");
}

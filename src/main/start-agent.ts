import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { CertificateFiles } from "../agent/certificate/certificate-files.ts";
import { ownContainers } from "../agent/component/own-containers.ts";
import type { TokenCheck } from "../agent/identity/authorize-rpc.ts";
import { RpcAuditFile } from "../agent/identity/rpc-audit-file.ts";
import type { MonitorSettings } from "../agent/monitor/monitor-settings.ts";
import type { ProcessTable } from "../agent/monitor/process-table.ts";
import { ComponentTraffic } from "../agent/proxy/component-traffic.ts";
import { ComponentProxy } from "../agent/proxy/http/component-proxy.ts";
import { settleAgentId } from "../agent/registry/agent-id-file.ts";
import { openSqliteRegistry } from "../agent/registry/sqlite/sqlite-registry.ts";
import { AgentListener, type FallbackHandler } from "../agent/rpc/agent-listener.ts";
import { agentService } from "../agent/rpc/agent-service.ts";
import { guardRpc } from "../agent/rpc/guard-rpc.ts";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import { VERSION } from "../core/version.ts";
import type { OpenedRuntime } from "../runtime/open-runtime.ts";
import { AgentCertificate } from "./agent-certificate.ts";
import type { JoinParts } from "./agent-parts.ts";
import { untilIdle } from "./drain.ts";
import { holdAgentFolder } from "./hold-agent-folder.ts";
import { Releases } from "./releases.ts";

export interface StartAgentOptions {
  readonly nodeName: string;
  /** Port 0 is a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly certificate: CertificateFiles;
  readonly dataDir: string;
  readonly databasePath: string;
  readonly filesRoot: string;
  readonly bindRoots: readonly string[];
  readonly backupsDir: string;
  readonly keepSnapshots: number;
  readonly limits: {
    readonly maxRpcs: number;
    readonly maxProxyCalls: number;
    readonly maxFileBytes: number;
    readonly keepFreeBytes: number;
  };
  readonly monitor: MonitorSettings;
  /** Whose tokens are taken. */
  readonly tokens: TokenCheck;
  /** Undefined: components are not reached through the agent. `token` opens the proxy and nothing else. */
  readonly proxy: { readonly token: string | undefined } | undefined;
  /** Once the data folder is this agent's; the runtime is closed with the agent. */
  readonly openRuntime: () => Promise<Pick<OpenedRuntime, "runtime" | "close">>;
  /** Undefined: its containers run in another pid namespace than the agent. */
  readonly processes: ProcessTable | undefined;
  readonly log: Logger;
  readonly join: JoinParts;
}

/** An agent that answers. */
export interface RunningAgent {
  readonly nodeName: string;
  readonly port: number;
  /** In PEM, what clients may trust. */
  readonly certificate: string;
  /** `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
  /** Reads the certificate's files again now. */
  rereadCertificate(): void;
  /**
   * Takes nothing new, ends streams, gives calls in flight that long, and lets go of everything. Operations are finished or
   * taken up by the next agent.
   */
  stop(limitMs: number): Promise<void>;
}

/**
 * Starts an agent; it answers when this resolves. Throws AppError where it cannot: `conflict`/`DATA_FOLDER_HELD`,
 * `conflict`/`PORT_TAKEN`, those of the certificate and of the registry. Nothing is left of it then.
 */
export async function startAgent(options: StartAgentOptions): Promise<RunningAgent> {
  const releases = new Releases();
  try {
    return await start(options, releases);
  } catch (thrown) {
    await releases.run();
    throw thrown;
  }
}

async function start(options: StartAgentOptions, releases: Releases): Promise<RunningAgent> {
  const { nodeName, dataDir, log, tokens } = options;
  const startedAt = systemClock.now();
  const lock = holdAgentFolder(dataDir, { pid: process.pid, startedAt: startedAt.toISOString() });
  releases.add(() => lock.release());
  mkdirSync(dirname(options.databasePath), { recursive: true, mode: 0o700 });
  makeFilesRoot(options);
  const registry = openSqliteRegistry(options.databasePath);
  releases.add(() => registry.close());
  const agentId = await settleAgentId(registry, join(dataDir, "agent-id"), (err) =>
    log.warn({ err }, "the agent's id cannot be kept beside its registry"),
  );

  let listener: AgentListener | undefined;
  const certificate = new AgentCertificate({
    files: options.certificate,
    clock: systemClock,
    log,
    onChange: (changed) => listener?.setCertificate(changed),
  });
  releases.add(() => certificate.close());
  const audit = new RpcAuditFile({
    path: join(dataDir, "audit.log"),
    onLost: (count, cause) => log.error({ err: cause }, `${count} entries of the audit were lost`),
  });
  releases.add(() => audit.close());

  const opened = await options.openRuntime();
  releases.add(() => opened.close());
  const { runtime } = opened;
  const serving = { get: (service: string, component: string) => parts.serving(service, component) };
  const own = ownContainers(runtime, { node: nodeName, agent: agentId });
  const traffic = new ComponentTraffic({ runtime: own, registry, serving, monotonicNow });
  const parts = options.join({
    ...groundOf(options),
    agentId,
    runtime,
    registry,
    traffic,
    startedAt,
    certificateProblems: () => certificate.problems(),
  });
  releases.add(() => parts.stop());
  await parts.start();

  const ending = new AbortController();
  listener = await AgentListener.open({
    hostname: options.listen.host,
    port: options.listen.port,
    certificate: certificate.current,
    service: agentService({
      ...parts,
      clock: systemClock,
      agentVersion: VERSION,
      certificateExpiresAt: () => certificate.current.expiresAt,
      ending: ending.signal,
    }),
    guard: guardRpc({
      tokens,
      audit: {
        record(entry) {
          audit.record(entry);
          log.info({ ...entry }, "rpc");
        },
      },
      clock: systemClock,
      nodeName,
      ending: ending.signal,
      maxRpcs: options.limits.maxRpcs,
      monotonicNow,
      onFailure: (method, cause) => log.error({ err: cause, method }, "an RPC has failed inside"),
    }),
    fallback: fallbackOf(options, traffic),
  });
  const { port } = listener;
  releases.add(() => listener?.stop());
  return {
    nodeName,
    port,
    get certificate() {
      return certificate.current.cert;
    },
    get fingerprint() {
      return certificate.current.fingerprint;
    },
    rereadCertificate: () => certificate.reread(),
    async stop(limitMs) {
      ending.abort(stopping());
      const patience = { limitMs, cutShort: new AbortController().signal, monotonicNow, onWait: () => undefined };
      if (listener !== undefined) await untilIdle([listener], patience);
      await releases.run();
    },
  };
}

function groundOf({ limits: { maxFileBytes, keepFreeBytes }, ...options }: StartAgentOptions) {
  const { nodeName, processes, dataDir, filesRoot, bindRoots, backupsDir, keepSnapshots, monitor, log } = options;
  return {
    nodeName,
    processes,
    dataDir,
    filesRoot,
    bindRoots,
    backupsDir,
    keepSnapshots,
    monitor,
    log,
    maxFileBytes,
    keepFreeBytes,
  };
}

/** Where it cannot be made, whoever wants a file there is told why. */
function makeFilesRoot({ filesRoot, log }: StartAgentOptions): void {
  try {
    mkdirSync(filesRoot, { recursive: true, mode: 0o755 });
  } catch (thrown) {
    log.warn({ err: thrown, filesRoot }, "the folder for the services' files is not there and cannot be made");
  }
}

function fallbackOf({ proxy, tokens, nodeName, limits, log }: StartAgentOptions, traffic: ComponentTraffic): FallbackHandler {
  if (proxy === undefined) return (_, response) => void response.writeHead(404).end();
  const components = new ComponentProxy({
    traffic,
    tokens,
    nodeName,
    proxyToken: proxy.token,
    maxCalls: limits.maxProxyCalls,
    onFailure: (cause) => log.error({ err: cause }, "a call of a component has failed inside"),
  });
  return components.handle;
}

function monotonicNow(): number {
  return performance.now();
}

function stopping(): AppError {
  return new AppError("unavailable", "AGENT_STOPPING", "The agent is stopping", {
    hint: "operations go on when it is back; 'mcpctl ops' shows them",
    retryAfterSeconds: 5,
  });
}

/**
 * `mcplocal serve`: the gateway apart from mcpd, over Streamable HTTP and nothing else. Clients that start a process have
 * an entry of their own, `bridge-stdio.ts`.
 *
 * By itself it has no identity and holds no secret: there is no key of a machine, a pod or an image in it. What it asks of
 * mcpd it asks with the bearer that its caller has sent, passed on as it came, so it can do nothing that its caller could
 * not do at mcpd, and whoever takes it over wins nothing (ADR 13). Only `MCPLOCAL_GATEWAY_TOKEN_FILE` gives it a key of
 * its own; it is then one of mcpd's enrolled gateways, which can be deleted.
 */

import type { Logger } from "pino";
import type { ListenAddress } from "../cli/address-flags.ts";
import type { GatewayServeOptions } from "../cli/mcplocal-program.ts";
import type { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import { isLoopback } from "../core/edge-policy.ts";
import { FileCache } from "../gateway/cache/file/file-cache.ts";
import { GATEWAY_SETTINGS } from "../gateway/gateway.ts";
import type { HttpHandler } from "../gateway/http/http-host.ts";
import { ALONE_PROJECT } from "../gateway/solo/alone-control-plane.ts";
import { baseUrl } from "./base-url.ts";
import { bindGatewayPort } from "./bind-port.ts";
import { collectStart } from "./collect-start.ts";
import { readConfig } from "./config-file.ts";
import { closeListeners, parkedAt, untilIdle } from "./drain.ts";
import { drainLimitMs } from "./drain-limit.ts";
import { drainOptions } from "./drain-options.ts";
import { followConfig } from "./follow-config.ts";
import { gatewaySettingsOf } from "./gateway-config.ts";
import { readGatewayKey } from "./gateway-key.ts";
import { createLog } from "./log.ts";
import { logFailure } from "./log-failure.ts";
import { metricsAddress } from "./metrics-address.ts";
import { startObservability } from "./observability.ts";
import { openCallLimiter } from "./open-call-limiter.ts";
import { type MultiUser, openMultiUser } from "./open-multi-user.ts";
import { progressLine } from "./progress-line.ts";
import { Releases } from "./releases.ts";
import { resilienceOf } from "./resilience-config.ts";
import type { RoleIo } from "./run-role.ts";
import { startAlone } from "./serve-gateway-alone.ts";
import { startBare } from "./serve-gateway-bare.ts";
import { startEnrolled } from "./serve-gateway-enrolled.ts";
import type { RemoteGatewayOptions, RunningGateway } from "./serve-gateway-options.ts";
import { serveWorkers } from "./serve-workers.ts";
import { stopInTime } from "./stop-in-time.ts";
import { stopSignals } from "./stop-signals.ts";
import { tracingSettings } from "./tracing-settings.ts";
import { readWorkerContext, type WorkerContext } from "./worker-context.ts";
import { workerKeeper } from "./worker-keeper.ts";

/** A worker says what it has to say to the process that keeps it; only what went wrong is for people. */
function workerIo(io: RoleIo): RoleIo {
  return { ...io, stderr: (text) => (text.startsWith("…") ? undefined : io.stderr(text)) };
}

/** All workers follow the same file; one of them says so. */
function sayOfWorker({ stderr }: RoleIo, worker: WorkerContext | undefined): (text: string) => void {
  return worker === undefined || worker.index === 0 ? stderr : () => {};
}

/** Each worker has metrics of its own, at the ports that follow the one that was asked for. */
function metricsOfWorker(asked: ListenAddress | undefined, worker: WorkerContext | undefined): ListenAddress | undefined {
  if (asked === undefined || worker === undefined || asked.port === 0) return asked;
  return { host: asked.host, port: asked.port + worker.index };
}

async function openCache(dir: string | undefined, log: Logger): Promise<FileCache | undefined> {
  if (dir === undefined) return undefined;
  const cache = new FileCache({ dir, onFailure: (error) => log.warn({ err: error }, "lists could not be kept") });
  await cache.open();
  return cache;
}

function startGateway(options: RemoteGatewayOptions): Promise<RunningGateway | undefined> {
  const { mcpdUrl, key } = options;
  if (mcpdUrl === undefined) return startAlone(options);
  return key === undefined ? startBare({ ...options, mcpdUrl }) : startEnrolled({ ...options, mcpdUrl });
}

function describeGateway({ mcpdUrl, key, multiUser }: Pick<RemoteGatewayOptions, "mcpdUrl" | "key" | "multiUser">): string {
  const mode = multiUser === undefined ? "" : ", in multi-user mode";
  if (mcpdUrl === undefined) return `a gateway of its own${mode}`;
  return `${key === undefined ? "a bare gateway" : "an enrolled gateway"} of mcpd at ${mcpdUrl}${mode}`;
}

/** Warns where replicas would not know each other's sessions. */
function openMultiUserOf({ multiUser: settings, mcpdUrl, tokenFile }: GatewayServeOptions, io: RoleIo): MultiUser | undefined {
  if (settings === undefined) return undefined;
  const multiUser = openMultiUser(settings, { clock: systemClock, project: mcpdUrl === undefined ? ALONE_PROJECT : undefined });
  // An enrolled one gets its keys of sessions from mcpd.
  if (multiUser.sessionKey === undefined && tokenFile === undefined) {
    io.stderr("warning: sessions end with this process, and other replicas do not know them: set MCP_SESSION_SECRET\n");
  }
  return multiUser;
}

/** Runs a gateway apart from mcpd until SIGINT or SIGTERM. Resolves with the exit code; throws AppError where it cannot start or go on. */
export async function serveGateway(options: GatewayServeOptions, roleIo: RoleIo): Promise<number> {
  const worker = readWorkerContext(roleIo.env);
  if (worker === undefined && options.workers > 1) return serveWorkers(options, roleIo);
  const io = worker === undefined ? roleIo : workerIo(roleIo);
  const stopping = new AbortController();
  const ended = Promise.withResolvers<AppError>();
  const signals = stopSignals();
  const keeper = worker === undefined ? undefined : workerKeeper();
  const signalled = signals.first.finally(() => stopping.abort());
  const progress = (line: string) => io.stderr(progressLine(line));
  const key = options.tokenFile === undefined ? undefined : readGatewayKey(options.tokenFile);
  if (key?.warning !== undefined) io.stderr(`warning: ${key.warning}\n`);
  const config = readConfig(options.config);
  // Said now rather than at the end.
  drainLimitMs(io.env, config.drain.limit_ms);
  const followed = followConfig({ path: options.config, config, say: sayOfWorker(roleIo, worker) });
  const metrics = metricsOfWorker(metricsAddress(options.metrics, io.env, config.metrics.listen), worker);
  const releases = new Releases();
  const { host, port, mcpdUrl } = options;
  const multiUser = openMultiUserOf(options, io);
  const settings = { ...gatewaySettingsOf(config), ...resilienceOf(config) };
  const log = createLog(io.env, config.log.level);
  const tracing = tracingSettings(io.env, config.tracing, "mcplocal");
  const listening = { hostname: host, port: worker?.port ?? port, flag: "--port", shared: worker !== undefined };
  const bound = bindGatewayPort(listening, logFailure(log));
  releases.add(() => bound.server.stop(true));
  releases.add(() => closeListeners([bound.server]));
  const remote: Omit<RemoteGatewayOptions, "observability" | "limiter" | "cache"> = {
    mcpdUrl,
    multiUser,
    worker,
    key: key?.key,
    env: io.env,
    log,
    settings: {
      ...GATEWAY_SETTINGS,
      ...settings,
      bindAddress: host,
      multiUser: multiUser !== undefined,
      grantTtlMs: { positive: options.positiveTtlMs, negative: options.negativeTtlMs },
    },
    signal: stopping.signal,
    releases,
    serve: (handler: HttpHandler) => bound.serve(handler),
    onRetry: (error) => progress(`${error.message}; trying again`),
    onEnded: ended.resolve,
  };
  let gateway: RunningGateway | undefined;
  const run = async (): Promise<string> => {
    const observability = await startObservability({ metrics, tracing, log, releases });
    const limiter = await openCallLimiter(config.rate_limit, { metrics: observability.metrics, log, releases });
    const all = { ...remote, observability, limiter, cache: await openCache(options.cacheDir, log) };
    gateway = await startGateway(all);
    if (gateway !== undefined) {
      observability.serve(gateway, progress);
      collectStart();
      followed.tell(gateway);
      const text = `mcplocal is ready at ${baseUrl(host, bound.server.port ?? 0)}: ${describeGateway(remote)}`;
      if (keeper === undefined) io.stdout(`${text}\n`);
      else keeper.tell({ kind: "ready", port: bound.server.port ?? 0, text });
      if (!isLoopback(host)) io.stderr(`warning: ${host} is reached from other machines, without TLS: put a proxy with TLS before it\n`);
      progress("Ctrl-C stops it");
    }
    return Promise.race([signalled, ended.promise.then((error) => Promise.reject(error))]);
  };
  const stop = async () => {
    followed.close();
    gateway?.drain();
    const limitMs = drainLimitMs(io.env, followed.current.drain.limit_ms);
    await untilIdle([bound.server, parkedAt(gateway)], drainOptions({ limitMs, again: signals.again, progress }));
    const exitCode = await stopInTime(() => releases.run(), io);
    keeper?.leave();
    return exitCode;
  };
  try {
    progress(`${await run()}: stopping`);
  } catch (thrown) {
    stopping.abort();
    keeper?.tell({ kind: "final" });
    await stop();
    throw thrown;
  }
  return stop();
}

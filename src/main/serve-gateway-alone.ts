import { randomBytes } from "node:crypto";
import { BUILTINS } from "../control/server/backing-policy.ts";
import { systemClock } from "../core/clock.ts";
import { createGateway } from "../gateway/gateway.ts";
import { socketHandler } from "../gateway/http/gateway-handler.ts";
import { ServerLogs } from "../gateway/server-log/server-logs.ts";
import { aloneControlPlane } from "../gateway/solo/alone-control-plane.ts";
import { connectServer } from "./connect-server.ts";
import { logFailure } from "./log-failure.ts";
import { logState } from "./log-state.ts";
import { openContent } from "./open-content.ts";
import { openLink } from "./open-link.ts";
import type { RemoteGatewayOptions, RunningGateway } from "./serve-gateway-options.ts";
import { sharedSessionKey } from "./worker-context.ts";

/** Starts a gateway that asks nobody: JWTs say who calls, and the built-in servers are what it serves. */
export async function startAlone(options: RemoteGatewayOptions): Promise<RunningGateway> {
  const { worker, env, log, settings, limiter, releases, serve, multiUser } = options;
  const { observe, metrics, tracing, traced } = options.observability;
  const onFailure = logFailure(log);
  const db = await openContent();
  releases.add(() => db.destroy());
  const own = worker === undefined ? new Uint8Array(randomBytes(32)) : sharedSessionKey(worker);
  const keyring = { current: { number: 0, key: multiUser?.sessionKey ?? own }, previous: [] };
  const link = await openLink({ worker, env, keyring, callTimeoutMs: settings.callTimeoutMs, onFailure });
  releases.add(() => link.close());
  const resolver = multiUser?.resolver;
  const control = aloneControlPlane(
    async (credential) => (resolver?.takes(credential) === true ? resolver.resolve(credential) : undefined),
    BUILTINS,
  );
  const logs = new ServerLogs(systemClock);
  const connect = connectServer({ db, log, env, allowLoopback: false, stdioEnabled: false, logs, metrics, traced });
  const time = { clock: systemClock, monotonicNow: () => performance.now() };
  const watched = { observe, tracing, onStreamCut: () => metrics.streamCut(), onStateChange: logState(log) };
  const gateway = await createGateway({ control, keyring, ...time, connect, link, onFailure, ...watched, limiter }, settings);
  releases.add(() => gateway.close());
  gateway.start();
  serve(socketHandler(gateway.pipeline));
  const { reconfigure, vitals, parkedCalls } = gateway;
  return { reconfigure, drain: () => gateway.drain(), vitals, parkedCalls, backlog: () => ({ waiting: 0, dropped: 0 }) };
}

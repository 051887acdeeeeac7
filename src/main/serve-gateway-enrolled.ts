import { ApiClient } from "../api/api-client.ts";
import type { CredentialResolver } from "../control/access/credential-resolver.ts";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import { isLoopback } from "../core/edge-policy.ts";
import { hashToken } from "../core/mcp-token.ts";
import { keptListsIn } from "../gateway/catalog/kept-lists.ts";
import type { ControlPlane } from "../gateway/control-plane.ts";
import { createGateway } from "../gateway/gateway.ts";
import { socketHandler } from "../gateway/http/gateway-handler.ts";
import type { HttpRequest } from "../gateway/http/http-request.ts";
import { PlainAnswer } from "../gateway/http/plain-answer.ts";
import type { ReplicaLink } from "../gateway/link/replica-link.ts";
import { remoteControlPlane, remoteKeyring } from "../gateway/remote/http/remote-control-plane.ts";
import { ServerLogs } from "../gateway/server-log/server-logs.ts";
import { connectServer } from "./connect-server.ts";
import { logFailure } from "./log-failure.ts";
import { logState } from "./log-state.ts";
import { openContent } from "./open-content.ts";
import { openLink } from "./open-link.ts";
import type { RunningGateway, WithMcpd } from "./serve-gateway-options.ts";
import { untilAnswered } from "./until-answered.ts";
import { withinMs } from "./within-ms.ts";

const MCPD_TIMEOUT_MS = 10_000;
/** What the audit log still has to be told; a mcpd that is away does not hold up the end. */
const FAREWELL_MS = 2000;

/**
 * Starts a gateway with a key of its own. Resolves when it serves, with nothing where it is to stop first. Throws
 * `unauthenticated`/`GATEWAY_KEY_REFUSED`; where mcpd refuses the key later, `onEnded` is told so.
 */
export async function startEnrolled(options: WithMcpd): Promise<RunningGateway | undefined> {
  const { mcpdUrl, multiUser, worker, key, cache, log, env, settings, limiter, signal, releases, serve, onEnded } = options;
  const { observe, metrics, tracing, traced } = options.observability;
  const onFailure = logFailure(log);
  const client = new ApiClient({ baseUrl: mcpdUrl, bearer: key, timeoutMs: MCPD_TIMEOUT_MS });
  const refused = (error: AppError) => error.code === "unauthenticated" || error.code === "denied";
  serve(starting);
  const db = await openContent();
  releases.add(() => db.destroy());
  const remote = remoteControlPlane({
    client,
    onFailure(error) {
      onFailure(error);
      if (refused(error)) onEnded(keyRefused(mcpdUrl, error));
    },
  });
  releases.add(() => withinMs(FAREWELL_MS, remote.close()));
  const control = provingHere(remote, multiUser?.resolver);
  const logs = new ServerLogs(systemClock);
  let link: ReplicaLink | undefined;
  releases.add(() => link?.close());
  const open = async () => {
    const keyring = await remoteKeyring(client);
    if (keyring === undefined) throw new AppError("internal", "SESSION_KEYS_MISSING", `mcpd at ${mcpdUrl} gives no keys for sessions`);
    // What may run is mcpd's to say, whose servers these are; but a process of many users could keep what one of them did.
    const allowLoopback = isLoopback(settings.bindAddress);
    const connect = connectServer({ db, log, env, allowLoopback, stdioEnabled: multiUser === undefined, logs, metrics, traced });
    const time = { clock: systemClock, monotonicNow: () => performance.now() };
    link ??= await openLink({ worker, env, keyring, callTimeoutMs: settings.callTimeoutMs, onFailure });
    const onStateChange = logState(log);
    // It reads them as itself, whoever calls.
    const keptLists = cache === undefined ? undefined : keptListsIn(cache, `gateway ${hashToken(key ?? "")}`);
    const watched = { observe, tracing, onStreamCut: () => metrics.streamCut() };
    return createGateway({ control, keyring, ...time, connect, keptLists, link, onFailure, ...watched, limiter, onStateChange }, settings);
  };
  const gateway = await untilAnswered(open, { signal, isFinal: refused, onFailure: options.onRetry }).catch((thrown: unknown) => {
    throw thrown instanceof AppError && refused(thrown) ? keyRefused(mcpdUrl, thrown) : thrown;
  });
  if (gateway === undefined) return undefined;
  releases.add(() => gateway.close());
  gateway.start();
  serve(socketHandler(gateway.pipeline));
  const { reconfigure, vitals, parkedCalls } = gateway;
  return { reconfigure, drain: () => gateway.drain(), vitals, parkedCalls, backlog: () => remote.backlog() };
}

/** JWTs that the keys here can judge are judged here; of all others mcpd is asked. */
function provingHere(control: ControlPlane, resolver: CredentialResolver | undefined): ControlPlane {
  if (resolver === undefined) return control;
  return {
    ...control,
    introspect: (credential, address) =>
      resolver.takes(credential) ? resolver.resolve(credential) : control.introspect(credential, address),
  };
}

/** Until mcpd was reached there is nothing to serve; that the process lives is another question. */
async function starting(request: HttpRequest): Promise<PlainAnswer> {
  const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
    new PlainAnswer(JSON.stringify(body), status, { "content-type": "application/json", ...headers });
  const { path } = request;
  if (path === "/" || path === "/health" || path === "/healthz") return answer(200, { status: "ok", name: "mcpctl gateway" });
  const error = { code: "auth_unavailable", message: "Not ready yet: mcpd has not been reached" };
  return answer(503, { error }, { "retry-after": "1" });
}

function keyRefused(mcpdUrl: string, cause: AppError): AppError {
  return new AppError("unauthenticated", "GATEWAY_KEY_REFUSED", `mcpd at ${mcpdUrl} refuses this gateway's key: ${cause.message}`, {
    cause,
    hint: "enrol it anew with 'mcpctl create gateway NAME', and put the key into the file that MCPLOCAL_GATEWAY_TOKEN_FILE names",
  });
}

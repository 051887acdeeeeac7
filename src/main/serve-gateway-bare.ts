import { randomBytes } from "node:crypto";
import type { CredentialResolver } from "../control/access/credential-resolver.ts";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import { createBareGateway } from "../gateway/bare/bare-gateway.ts";
import { bareSocketHandler } from "../gateway/http/bare-gateway-handler.ts";
import { connectBare } from "./connect-remote-bare.ts";
import { logFailure } from "./log-failure.ts";
import { openLink } from "./open-link.ts";
import type { RunningGateway, WithMcpd } from "./serve-gateway-options.ts";
import { untilAnswered } from "./until-answered.ts";
import { sharedSessionKey } from "./worker-context.ts";

const PROBE_TIMEOUT_MS = 5000;

/** Starts a gateway that has no identity. Resolves when mcpd has answered, with nothing where it is to stop first. */
export async function startBare(options: WithMcpd): Promise<RunningGateway | undefined> {
  const { mcpdUrl, multiUser, worker, env, log, settings, signal, releases, serve } = options;
  const { observe, metrics, tracing, traced } = options.observability;
  const onFailure = logFailure(log);
  const shared = multiUser?.sessionKey;
  const own = () => (worker === undefined ? new Uint8Array(randomBytes(32)) : sharedSessionKey(worker));
  // Where none is given, its workers share one and its sessions end with this process.
  const keyring = { current: { number: 0, key: shared ?? own() }, previous: [] };
  // Replicas elsewhere that share no key with it cannot be reached, its workers can.
  const link = await openLink({
    worker,
    env,
    keyring: shared === undefined ? undefined : keyring,
    callTimeoutMs: settings.callTimeoutMs,
    onFailure,
  });
  releases.add(() => link.close());
  const gateway = await createBareGateway(
    {
      mcpdUrl,
      keyring,
      isProven: provenBy(multiUser?.resolver),
      clock: systemClock,
      monotonicNow: () => performance.now(),
      ...connectBare(log, traced),
      link,
      onFailure,
      observe,
      onStreamCut: () => metrics.streamCut(),
      tracing,
      limiter: options.limiter,
      cache: options.cache,
    },
    settings,
  );
  releases.add(() => gateway.close());
  releases.add(() => log.info({ requests: gateway.unrecorded }, "requests that were recorded by mcpd, or not at all"));
  serve(bareSocketHandler(gateway));
  const answered = await untilAnswered(() => probe(mcpdUrl), { signal, isFinal: () => false, onFailure: options.onRetry });
  if (answered === undefined) {
    gateway.drain();
    return undefined;
  }
  gateway.start();
  // It keeps no audit events: mcpd records what it carries out.
  return {
    reconfigure: (next) => gateway.reconfigure(next),
    drain: () => gateway.drain(),
    vitals: () => gateway.vitals(),
    parkedCalls: () => gateway.parkedCalls(),
    backlog: () => ({ waiting: 0, dropped: 0 }),
  };
}

/** A JWT that does not stand up to the keys that are here is not shown to mcpd; what they cannot judge, mcpd judges. */
function provenBy(resolver: CredentialResolver | undefined): ((credential: string) => Promise<boolean>) | undefined {
  if (resolver === undefined) return undefined;
  return async (credential) => !resolver.takes(credential) || (await resolver.resolve(credential)) !== undefined;
}

/** Throws `unavailable` where mcpd does not answer, or is not ready. */
async function probe(mcpdUrl: string): Promise<true> {
  const failed = (why: string, cause?: unknown) =>
    new AppError("unavailable", "API_UNREACHABLE", `mcpd at ${mcpdUrl} cannot be reached: ${why}`, { cause });
  try {
    const response = await fetch(`${mcpdUrl}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS), redirect: "error" });
    await response.body?.cancel();
    if (response.ok) return true;
    throw failed(`it answered with HTTP ${response.status}`);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const { name, code, message } = thrown as { name?: string; code?: string; message?: string };
    throw failed(name === "TimeoutError" ? "it did not answer in time" : (code ?? message ?? "no connection"), thrown);
  }
}

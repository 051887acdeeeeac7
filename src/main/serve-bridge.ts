/**
 * `mcplocal bridge`: a server over stdio as a server over Streamable HTTP, for a container that holds nothing else. It is a
 * gateway with one server and without identities: who reaches its port may call, so something stands before it that decides
 * who does, as an agent's proxy.
 */
import { randomBytes } from "node:crypto";
import type { Backing } from "../api/server-definition.ts";
import type { BridgeOptions } from "../cli/bridge-command.ts";
import { toBase62 } from "../core/base62.ts";
import { systemClock } from "../core/clock.ts";
import { CREDENTIAL_PREFIX } from "../core/credential.ts";
import { isLoopback } from "../core/edge-policy.ts";
import { createGateway, GATEWAY_SETTINGS, type Gateway } from "../gateway/gateway.ts";
import { carryOut, trailOf } from "../gateway/http/gateway-handler.ts";
import type { HttpHandler } from "../gateway/http/http-host.ts";
import { asPlainAnswer, type HttpAnswer } from "../gateway/http/plain-answer.ts";
import { newLinkId } from "../gateway/link/link-id.ts";
import { soloLink } from "../gateway/link/replica-link.ts";
import { childLog } from "../gateway/server-log/child-log.ts";
import { ServerLogs } from "../gateway/server-log/server-logs.ts";
import { RequestAs } from "../gateway/solo/request-as.ts";
import { SOLO_PATH, soloControlPlane } from "../gateway/solo/solo-control-plane.ts";
import { EraVerdicts } from "../gateway/upstream/era-verdicts.ts";
import { ERA_VERDICT_LIMITS, STDIO_LIMITS, stdioUpstream } from "../gateway/upstream/stdio/stdio-upstream.ts";
import { baseUrl } from "./base-url.ts";
import { bindGatewayPort } from "./bind-port.ts";
import { closeListeners, parkedAt, untilIdle } from "./drain.ts";
import { drainLimitMs } from "./drain-limit.ts";
import { drainOptions } from "./drain-options.ts";
import { createLog } from "./log.ts";
import { logFailure } from "./log-failure.ts";
import { logState } from "./log-state.ts";
import { progressLine } from "./progress-line.ts";
import { Releases } from "./releases.ts";
import type { RoleIo } from "./run-role.ts";
import { stopInTime } from "./stop-in-time.ts";
import { stopSignals } from "./stop-signals.ts";

const DRAIN_MS = 10_000;

/** Runs until SIGINT or SIGTERM. Resolves with the exit code; throws AppError where it cannot start. */
export async function serveBridge(options: BridgeOptions, io: RoleIo): Promise<number> {
  const { host, port, path } = options;
  const log = createLog(io.env, "info");
  const releases = new Releases();
  const signals = stopSignals();
  const progress = (line: string) => io.stderr(progressLine(line));
  const drainMs = drainLimitMs(io.env, DRAIN_MS);
  const bound = bindGatewayPort({ hostname: host, port, flag: "--port" }, logFailure(log));
  releases.add(() => bound.server.stop(true));
  try {
    const credential = CREDENTIAL_PREFIX.operator + toBase62(randomBytes(32), 43);
    const gateway = await openGateway(options, credential, io, log);
    releases.add(() => gateway.close());
    gateway.start();
    bound.serve(bridgeHandler(gateway, path, credential));
    const address = baseUrl(host, bound.server.port ?? 0);
    io.stdout(`${options.command ?? options.args[0]} answers at ${address}${path}\n`);
    if (!isLoopback(host))
      io.stderr(`warning: whoever reaches ${address} may call it: something that knows its callers stands before it\n`);
    progress(`${await signals.first}: stopping`);
    gateway.drain();
    await untilIdle([bound.server, parkedAt(gateway)], drainOptions({ limitMs: drainMs, again: signals.again, progress }));
  } finally {
    closeListeners([bound.server]);
    await stopInTime(() => releases.run(), io);
  }
  return 0;
}

function openGateway(
  { command: given, args, sharing, host }: BridgeOptions,
  credential: string,
  io: RoleIo,
  log: ReturnType<typeof createLog>,
): Promise<Gateway> {
  const logs = new ServerLogs(systemClock);
  const verdicts = new EraVerdicts({ ...ERA_VERDICT_LIMITS, monotonicNow: () => performance.now() });
  const command = given ?? process.execPath;
  // A compiled executable is the runtime that it was made of where it is told so.
  const asRuntime = given === undefined ? { BUN_BE_BUN: "1" } : {};
  const env = Object.fromEntries(Object.entries(io.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const backing: Backing = { kind: "stdio", command, args: [...args], env: {}, sharing };
  return createGateway(
    {
      control: soloControlPlane({ credential, backing, writeTools: true }),
      keyring: { current: { number: 1, key: new Uint8Array(randomBytes(32)) }, previous: [] },
      clock: systemClock,
      monotonicNow: () => performance.now(),
      connect: (server, events) =>
        stdioUpstream({
          handle: server.handle,
          // It is alone in its container: what the container was given is for it.
          command: { command, args: [...args], env: { ...env, ...asRuntime } },
          era: server.policy.era,
          events,
          signalGroup: (pid, signal) => void process.kill(-pid, signal),
          onLost: (reason) => log.warn({ reason }, "the server was lost; it is started again"),
          onRestart: () => {},
          log: childLog(logs, server),
          sharing,
          verdicts,
          limits: STDIO_LIMITS,
        }),
      link: soloLink(newLinkId()),
      onStateChange: logState(log),
      onFailure: logFailure(log),
    },
    {
      ...GATEWAY_SETTINGS,
      bindAddress: host,
      maxBodyBytes: 4 * 1024 * 1024,
      policy: { ...GATEWAY_SETTINGS.policy, rates: { perMinute: 0, methods: {} } },
    },
  );
}

/** Its own path is the server's; what asks after health finds that, and nothing else is there. */
function bridgeHandler({ pipeline }: Gateway, path: string, credential: string): HttpHandler {
  return (request, address) => {
    const to = request.path === path ? SOLO_PATH : HEALTH.has(request.path) ? request.path : "/none";
    return carryOut<HttpAnswer>(pipeline, new RequestAs(request, credential), trailOf(pipeline, request, to, address), asPlainAnswer);
  };
}

const HEALTH = new Set(["/health", "/healthz", "/readyz"]);

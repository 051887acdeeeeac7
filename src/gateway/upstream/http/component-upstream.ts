import type { Backing, NodeAccess } from "../../../api/server-definition.ts";
import { AppError } from "../../../core/app-error.ts";
import type { EraPolicy } from "../era-policy.ts";
import type { Upstream, UpstreamEvents } from "../upstream.ts";
import { agentRefusal } from "./agent-refusal.ts";
import { HTTP_LIMITS, type HttpLimits, httpUpstream } from "./http-upstream.ts";

export interface ComponentUpstreamOptions {
  readonly handle: string;
  readonly backing: Extract<Backing, { kind: "component" }>;
  readonly node: NodeAccess;
  readonly era?: EraPolicy | undefined;
  readonly events: UpstreamEvents;
  readonly onLost: (reason: string) => void;
  readonly limits?: HttpLimits;
}

/** An agent heals what it runs, and does so within seconds: who calls it then is not to wait for us. */
export const COMPONENT_LIMITS: HttpLimits = { ...HTTP_LIMITS, reconnect: { firstMs: 200, maxMs: 5000 } };

/** Who registered the node has named its address: it may be anywhere. */
const ANYWHERE = ["0.0.0.0/0", "::/0"];

/**
 * A server that an agent runs, by the agent's proxy, which knows the container that serves now. What fails says which
 * component of which node it was, and why the agent did not let it through.
 */
export function componentUpstream({
  handle,
  backing,
  node,
  onLost,
  limits = COMPONENT_LIMITS,
  ...rest
}: ComponentUpstreamOptions): Upstream {
  const { service, component, port, path } = backing;
  const where = `(component ${service}/${component} on node ${node.name})`;
  const upstream = httpUpstream({
    ...rest,
    handle,
    url: `https://${node.address}/c/${service}/${component}/${port}${path}`,
    headers: { authorization: `Bearer ${node.key}` },
    ...(node.certificate === null ? {} : { ca: node.certificate }),
    allowAddresses: ANYWHERE,
    allowLoopback: true,
    refusalOf: agentRefusal(handle),
    transport: "streamable-http",
    onLost: (reason) => onLost(`${reason} ${where}`),
    limits,
  });
  return placed(upstream, where);
}

function placed(upstream: Upstream, where: string): Upstream {
  const said = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw placedError(thrown, where);
    });
  return {
    start: () => upstream.start(),
    ready: () => said(upstream.ready()),
    request: (call) => said(upstream.request(call)),
    notify: (peer, message) => upstream.notify(peer, message),
    subscribe: (uri) => said(upstream.subscribe(uri)),
    unsubscribe: (uri) => upstream.unsubscribe(uri),
    keepsPeers: () => upstream.keepsPeers(),
    speaksModern: upstream.speaksModern && (() => upstream.speaksModern?.() === true),
    status() {
      const status = upstream.status();
      return status.reason === undefined ? status : { ...status, reason: `${status.reason} ${where}` };
    },
    close: () => upstream.close(),
  };
}

/** The failures of the server; an end that its caller wanted has no place. */
function placedError(thrown: unknown, where: string): unknown {
  if (!(thrown instanceof AppError) || !thrown.reason.startsWith("UPSTREAM_")) return thrown;
  const { code, reason, message, cause, hint, retryAfterSeconds } = thrown;
  const options = { cause, ...(hint === undefined ? {} : { hint }), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  return new AppError(code, reason, `${message} ${where}`, options);
}

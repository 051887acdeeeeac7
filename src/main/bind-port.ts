import type { Server } from "bun";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import type { HttpHandler } from "../gateway/http/http-host.ts";
import { HttpListener } from "../gateway/http/http-listener.ts";
import { PlainAnswer } from "../gateway/http/plain-answer.ts";

export interface BindOptions {
  readonly hostname: string;
  /** 0: a free one. */
  readonly port: number;
  /** The flag that chooses the port, for the hint. */
  readonly flag: string;
  /** Largest body the transport lets in, in bytes. */
  readonly maxBodyBytes: number;
  /** Whether other processes may listen on it too: the system shares out the connections. */
  readonly shared?: boolean;
}

/** `address` is the client's, as the transport sees it. */
export type Handler = (request: Request, address: string | undefined) => Response | Promise<Response>;

/**
 * Takes the port now, so that one that is taken is said before anything is done; until `serve` is called,
 * requests are answered with 503. Throws `conflict`/`PORT_TAKEN`, `invalid`/`ADDRESS_UNUSABLE`.
 */
export function bindPort(options: BindOptions): { readonly server: Server<undefined>; serve(handler: Handler): void } {
  const { hostname, port, maxBodyBytes, shared = false } = options;
  // A slow tool may be silent for long, and calls have limits of their own: no idle time-out here.
  const limits = { idleTimeout: 0, maxRequestBodySize: maxBodyBytes } as const;
  // What Bun shows of a failure by itself is a page with our source, our folder and the stack.
  const settings = { hostname, port, reusePort: shared, ...limits, development: false, error: failed } as const;
  const server = listen(options, () => Bun.serve({ ...settings, fetch: starting }));
  const serve = (handler: Handler) =>
    server.reload({ ...settings, fetch: (request, self) => handler(request, self.requestIP(request)?.address) });
  return { server, serve };
}

/** The same for the gateway, which has a server of its own (ADR 14); a failure of its handler is told to `onFailure`. */
export function bindGatewayPort(
  options: Omit<BindOptions, "maxBodyBytes">,
  onFailure: (thrown: unknown) => void,
): { readonly server: HttpListener; serve(handler: HttpHandler): void } {
  const { hostname, port, shared = false } = options;
  const make = () => new HttpListener({ hostname, port, shared, handler: startingUp, clock: systemClock, onFailure });
  const server = listen(options, make);
  const serve = (handler: HttpHandler) => {
    server.handler = handler;
  };
  return { server, serve };
}

const STARTING = { error: { code: "internal_error", message: "Not ready yet: still starting" } };
const COME_AGAIN = { "retry-after": "1" };

/** A handler threw, which it promises not to. */
function failed(): Response {
  return new Response(null, { status: 500 });
}

function starting(): Response {
  return Response.json(STARTING, { status: 503, headers: COME_AGAIN });
}

async function startingUp(): Promise<PlainAnswer> {
  return new PlainAnswer(JSON.stringify(STARTING), 503, { "content-type": "application/json", ...COME_AGAIN });
}

function listen<S>({ hostname, port, flag }: Pick<BindOptions, "hostname" | "port" | "flag">, start: () => S): S {
  try {
    return start();
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    if (code === "EADDRINUSE") {
      const hint = `stop what listens there, or choose another with ${flag} (0 takes a free one)`;
      throw new AppError("conflict", "PORT_TAKEN", `Port ${port} on ${hostname} is taken`, { cause, hint });
    }
    const why = code === "EACCES" ? "this user may not listen there" : `it cannot be listened on (${String(code ?? "unknown cause")})`;
    throw new AppError("invalid", "ADDRESS_UNUSABLE", `${hostname} port ${port}: ${why}`, {
      cause,
      hint: `choose another with --host or ${flag}`,
    });
  }
}

import type { Logger } from "pino";
import type { AppError } from "../core/app-error.ts";
import type { TextCache } from "../gateway/cache/text-cache.ts";
import type { GatewaySettings, LiveSettings } from "../gateway/gateway.ts";
import type { HttpHandler } from "../gateway/http/http-host.ts";
import type { CallLimiter } from "../gateway/rate/call-limiter.ts";
import type { Observability, ObservedGateway } from "./observability.ts";
import type { MultiUser } from "./open-multi-user.ts";
import type { Releases } from "./releases.ts";
import type { WorkerContext } from "./worker-context.ts";

/** A gateway apart from mcpd that serves. */
export interface RunningGateway extends ObservedGateway {
  /** Holds for requests that come from now on. */
  reconfigure(settings: LiveSettings): void;
  /** Takes nothing new from now on. */
  drain(): void;
  /** Calls that wait for their client to come back. */
  parkedCalls(): number;
}

/** A gateway that has a mcpd. */
export type WithMcpd = RemoteGatewayOptions & { readonly mcpdUrl: string };

/** What all kinds of gateway apart from mcpd are started with. */
export interface RemoteGatewayOptions {
  /** Undefined: it is in multi-user mode and asks nobody. */
  readonly mcpdUrl: string | undefined;
  /** Undefined: it is not in multi-user mode. */
  readonly multiUser: MultiUser | undefined;
  /** Undefined: this process is the whole gateway. */
  readonly worker: WorkerContext | undefined;
  /** Of an enrolled gateway. */
  readonly key: string | undefined;
  /** Undefined: nothing outlives the process. */
  readonly cache: TextCache | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly settings: GatewaySettings;
  readonly observability: Observability;
  /** Undefined: calls are counted in this process. */
  readonly limiter: CallLimiter | undefined;
  /** Aborted when it is to stop. */
  readonly signal: AbortSignal;
  /** Takes what must be let go at the end. */
  readonly releases: Releases;
  /** Answers requests from here on. */
  readonly serve: (handler: HttpHandler) => void;
  /** mcpd could not be reached, and is tried again. */
  readonly onRetry: (error: AppError) => void;
  /** It cannot go on. */
  readonly onEnded: (error: AppError) => void;
}

import type { AppError } from "../core/app-error.ts";
import { toAppError } from "../core/app-error.ts";
import { newLinkId } from "../gateway/link/link-id.ts";
import { openRedisLink } from "../gateway/link/redis/redis-link.ts";
import { joinedLink, type ReplicaLink, soloLink } from "../gateway/link/replica-link.ts";
import { openSocketLink } from "../gateway/link/socket/socket-link.ts";
import type { Keyring } from "../gateway/session/sealed-id.ts";
import type { WorkerContext } from "./worker-context.ts";

export interface OpenLinkOptions {
  /** Undefined: this process has no workers beside it. */
  readonly worker?: WorkerContext | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the replicas of the gateway share; undefined where it has none. */
  readonly keyring: Keyring | undefined;
  /** How long a call may take, in ms: so long a retry that another process carries out is waited for. */
  readonly callTimeoutMs: number;
  readonly onFailure: (error: AppError) => void;
}

const CONNECT_TIMEOUT_MS = 5000;

/**
 * The way of this process to the workers beside it and, by `MCPLOCAL_LINK_URL`, to the replicas elsewhere. Throws
 * `unavailable`/`LINK_UNREACHABLE`.
 */
export async function openLink({ worker, env, keyring, callTimeoutMs, onFailure }: OpenLinkOptions): Promise<ReplicaLink> {
  const self = newLinkId();
  const links: ReplicaLink[] = [];
  const timeoutMs = callTimeoutMs;
  if (worker !== undefined) links.push(openSocketLink({ self, folder: worker.folder, timeoutMs }));
  const url = env.MCPLOCAL_LINK_URL;
  if (keyring !== undefined && url !== undefined && url !== "") {
    const failed = (thrown: unknown) => onFailure(toAppError(thrown));
    links.push(await openRedisLink({ self, url, keyring, timeoutMs, connectTimeoutMs: CONNECT_TIMEOUT_MS, onFailure: failed }));
  }
  return links.length === 0 ? soloLink(self) : joinedLink(self, links);
}

import { randomUUID } from "node:crypto";
import type { ApiClient } from "../../../api/api-client.ts";
import { ENDPOINTS } from "../../../api/endpoints/endpoints.ts";
import type { AppError } from "../../../core/app-error.ts";
import type { BackoffPolicy } from "../../../core/backoff.ts";
import type { ControlPlane } from "../../control-plane.ts";
import type { DispatchTasks } from "../../dispatch/dispatch-tasks.ts";
import type { Keyring, SealingKey } from "../../session/sealed-id.ts";
import { AuditOutbox } from "../audit-outbox.ts";
import { watchFeed } from "./watch-feed.ts";

export interface RemoteControlPlaneOptions {
  /** Calls mcpd with the gateway's own key. */
  readonly client: ApiClient;
  readonly onFailure: (error: AppError) => void;
  readonly limits?: RemoteLimits;
}

export interface RemoteLimits {
  readonly retry: BackoffPolicy;
  readonly quietMs: number;
  readonly auditGatherMs: number;
  /** Of events; their text must fit into what mcpd reads of a request. */
  readonly auditBatch: number;
  readonly auditWaiting: number;
}

export const REMOTE_LIMITS: RemoteLimits = {
  retry: { firstMs: 100, maxMs: 5000 },
  quietMs: 60_000,
  auditGatherMs: 200,
  auditBatch: 200,
  auditWaiting: 20_000,
};

/** The control plane of an enrolled gateway: mcpd, over the wire. */
export interface RemoteControlPlane extends ControlPlane {
  /** Audit events that wait to be sent, and those that were lost since the start. */
  backlog(): { readonly waiting: number; readonly dropped: number };
  /** Ends the watches and sends the audit events that wait. */
  close(): Promise<void>;
}

const { gatewayPlane } = ENDPOINTS;

export function remoteControlPlane({ client, onFailure, limits = REMOTE_LIMITS }: RemoteControlPlaneOptions): RemoteControlPlane {
  const closing = new AbortController();
  const outbox = new AuditOutbox({
    send: (batchId, events) => client.call(gatewayPlane.audit, { body: { batchId, events: [...events] } }),
    newBatchId: randomUUID,
    gatherMs: limits.auditGatherMs,
    maxBatch: limits.auditBatch,
    maxWaiting: limits.auditWaiting,
    retry: limits.retry,
    onFailure,
  });
  return {
    async introspect(credential, address) {
      const body = address === undefined ? { credential } : { credential, address };
      return (await client.call(gatewayPlane.introspect, { body })).grant ?? undefined;
    },
    snapshot: () => client.call(gatewayPlane.snapshot, {}),
    watch(listener) {
      const stopping = new AbortController();
      const { retry, quietMs } = limits;
      void watchFeed({ client, retry, quietMs, onFailure }, listener, AbortSignal.any([stopping.signal, closing.signal]));
      return () => stopping.abort();
    },
    async endedSessions() {
      const { items } = await client.call(gatewayPlane.endedSessions, {});
      return items.map(({ idHash, expiresAt }) => ({ idHash, expiresAt: new Date(expiresAt) }));
    },
    async endSession(idHash, expiresAt) {
      await client.call(gatewayPlane.endSession, { body: { idHash, expiresAt: expiresAt.toISOString() } });
    },
    tasks: remoteTasks(client),
    audit: (draft) => outbox.put(draft),
    backlog: () => ({ waiting: outbox.waiting, dropped: outbox.lost }),
    async close() {
      closing.abort();
      await outbox.close();
    },
  };
}

function remoteTasks(client: ApiClient): DispatchTasks {
  return {
    claim: (claim) => client.call(gatewayPlane.claimTask, { body: claim }),
    async renew(lease, leaseMs) {
      return (await client.call(gatewayPlane.renewTask, { body: { ...lease, leaseMs } })).renewed;
    },
    async finish(lease, outcome) {
      return (await client.call(gatewayPlane.finishTask, { body: { ...lease, outcome } })).task ?? undefined;
    },
    async release(lease) {
      await client.call(gatewayPlane.releaseTask, { body: lease });
    },
    async list(query) {
      return (await client.call(gatewayPlane.listTasks, { body: query })).tasks;
    },
    async find(own) {
      return (await client.call(gatewayPlane.findTask, { body: own })).found ?? undefined;
    },
    async cancel(own) {
      return (await client.call(gatewayPlane.cancelTask, { body: own })).found ?? undefined;
    },
  };
}

/** The keys with which all gateways of an installation seal session ids; undefined where there is none. Throws what a call throws. */
export async function remoteKeyring(client: ApiClient): Promise<Keyring | undefined> {
  const { keys } = await client.call(gatewayPlane.keys, {});
  const [current, ...previous] = keys.map(({ number, key }): SealingKey => ({ number, key: Buffer.from(key, "base64") }));
  return current === undefined ? undefined : { current, previous };
}

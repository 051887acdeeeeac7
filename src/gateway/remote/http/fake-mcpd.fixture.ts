import type { OwnTask, TaskClaim, TaskLease, TaskOutcome, TaskQuery } from "../../../api/dispatch-task.ts";
import { ENDPOINTS } from "../../../api/endpoints/endpoints.ts";
import type { ControlEvent } from "../../control-plane.ts";
import type { FakeControlPlane } from "../../gateway.fixture.ts";

const KEY = "mcpctl_gw_of-this-test";
const { gatewayPlane } = ENDPOINTS;

export interface FakeMcpd extends AsyncDisposable {
  readonly url: string;
  readonly key: string;
  /** Ids of audit batches, as they came. */
  readonly batches: string[];
  readonly addresses: unknown[];
  /** Streams that are open now, and how many there were. */
  readonly streams: { open: number; opened: number };
  /** Ends the open streams; with `false` those that come get 503. */
  cut(takesNew: boolean): void;
}

/** mcpd's face for enrolled gateways, over a control plane in memory. */
export function startFakeMcpd(control: FakeControlPlane): FakeMcpd {
  const batches: string[] = [];
  const addresses: unknown[] = [];
  const streams = { open: 0, opened: 0 };
  const stops = new Set<() => void>();
  let takesStreams = true;

  const watch = () => {
    if (!takesStreams) return Response.json({ error: { reason: "STARTING", message: "mcpd is starting" } }, { status: 503 });
    let stop = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const unwatch = control.watch((event) => controller.enqueue(new TextEncoder().encode(`: beat\n\ndata: ${dataOf(event)}\n\n`)));
        streams.open += 1;
        streams.opened += 1;
        stop = () => {
          if (!stops.delete(cut)) return;
          unwatch();
          streams.open -= 1;
        };
        const cut = () => {
          stop();
          controller.close();
        };
        stops.add(cut);
      },
      cancel: () => stop(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const routes: Record<string, (body: never) => Promise<unknown> | Response> = {
    [`POST ${gatewayPlane.introspect.path}`]: async ({ credential, address }: { credential: string; address?: string }) => {
      addresses.push(address);
      return { grant: (await control.introspect(credential)) ?? null };
    },
    [`GET ${gatewayPlane.snapshot.path}`]: () => control.snapshot(),
    [`GET ${gatewayPlane.keys.path}`]: async () => ({
      keys: [
        { number: 3, key: "AAAA" },
        { number: 2, key: "BBBB" },
      ],
    }),
    [`GET ${gatewayPlane.watch.path}`]: watch,
    [`GET ${gatewayPlane.endedSessions.path}`]: async () => ({ items: await control.endedSessions() }),
    [`POST ${gatewayPlane.endSession.path}`]: async ({ idHash, expiresAt }: { idHash: string; expiresAt: string }) =>
      control.endSession(idHash, new Date(expiresAt)),
    [`POST ${gatewayPlane.claimTask.path}`]: (claim: TaskClaim) => control.tasks.claim(claim),
    [`POST ${gatewayPlane.renewTask.path}`]: async ({ leaseMs, ...lease }: TaskLease & { leaseMs: number }) => ({
      renewed: await control.tasks.renew(lease, leaseMs),
    }),
    [`POST ${gatewayPlane.finishTask.path}`]: async ({ outcome, ...lease }: TaskLease & { outcome: TaskOutcome }) => ({
      task: (await control.tasks.finish(lease, outcome)) ?? null,
    }),
    [`POST ${gatewayPlane.releaseTask.path}`]: (lease: TaskLease) => control.tasks.release(lease),
    [`POST ${gatewayPlane.listTasks.path}`]: async (query: TaskQuery) => ({ tasks: await control.tasks.list(query) }),
    [`POST ${gatewayPlane.findTask.path}`]: async (own: OwnTask) => ({ found: (await control.tasks.find(own)) ?? null }),
    [`POST ${gatewayPlane.cancelTask.path}`]: async (own: OwnTask) => ({ found: (await control.tasks.cancel(own)) ?? null }),
    [`POST ${gatewayPlane.audit.path}`]: async ({ batchId, events }: { batchId: string; events: never[] }) => {
      batches.push(batchId);
      for (const event of events) control.audit(event);
    },
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      if (request.headers.get("authorization") !== `Bearer ${KEY}`) return Response.json({}, { status: 401 });
      const answer = routes[`${request.method} ${new URL(request.url).pathname}`];
      if (answer === undefined) return Response.json({}, { status: 404 });
      try {
        const text = await request.text();
        const reply = await answer((text === "" ? undefined : JSON.parse(text)) as never);
        if (reply instanceof Response) return reply;
        return reply === undefined ? new Response(null, { status: 204 }) : Response.json(reply);
      } catch {
        return Response.json({ error: { reason: "DATABASE_AWAY", message: "the database is away" } }, { status: 503 });
      }
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    key: KEY,
    batches,
    addresses,
    streams,
    cut(takesNew) {
      takesStreams = takesNew;
      for (const stop of [...stops]) stop();
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** The first event of a stream says the revision alone. */
function dataOf(event: ControlEvent): string {
  if (event.kind === "changed") return JSON.stringify(event.event);
  return JSON.stringify({ revision: event.kind === "connected" ? event.revision : 0, touched: [] });
}

import { openGateway, type Setup } from "../gateway.fixture.ts";
import type { ScriptedServer } from "../scripted-upstream.fixture.ts";
import type { FinishedSpan } from "./finished-span.ts";
import { Tracer } from "./tracer.ts";

export interface TracedSetup extends Setup {
  /** How many of the traces that begin here are recorded, 0 to 1; all by default. */
  readonly ratio?: number;
  /** The server `one` has no headers to be told in. */
  readonly inMeta?: boolean;
}

/** A gateway of the one server `one`, with a tracer whose spans are kept. */
export async function openTraced(one: ScriptedServer, { ratio = 1, inMeta = false, ...setup }: TracedSetup = {}) {
  const spans: FinishedSpan[] = [];
  let now = 1000;
  const epochMs = () => {
    now += 1;
    return now;
  };
  const tracer = new Tracer({ sink: { take: (span) => spans.push(span) }, ratio, epochMs });
  const gateway = await openGateway({
    servers: { one: ({ handle }, events) => tracer.traced(one.connect(handle, events), { handle, inMeta }) },
    tracing: tracer,
    observe: (request) => tracer.requestFinished(request),
    ...setup,
  });
  return { gateway, spans };
}

import type { EraPolicy } from "../era-policy.ts";
import type { EraVerdicts } from "../era-verdicts.ts";
import type { Connection } from "../keep-connected.ts";
import { legacySubscriber } from "../legacy-subscriber.ts";
import { ModernListen } from "../modern-listen.ts";
import type { Subscriber } from "../subscriptions.ts";
import type { InitializeResult, UpstreamEvents } from "../upstream.ts";
import { connectLegacyPipe, type LegacyPipe } from "./legacy-pipe.ts";
import type { OpenPipe } from "./message-pipe.ts";
import { connectModernPipe, type ModernPipe } from "./modern-pipe.ts";
import type { PipeLimits } from "./pipe-limits.ts";
import { probePipe } from "./probe-pipe.ts";

/** The pipe that the gateway has for itself and for all who share it. One of the two eras, never both. */
export interface MainPipe extends Connection {
  readonly initialized: InitializeResult;
  readonly subscriber: Subscriber;
  readonly legacy: LegacyPipe | undefined;
  readonly modern: ModernPipe | undefined;
}

export interface ConnectMainOptions {
  readonly handle: string;
  /** Opens a pipe of its own each time. */
  readonly open: OpenPipe;
  readonly era: EraPolicy;
  /** By what verdicts of its era are kept. */
  readonly command: string;
  readonly verdicts: EraVerdicts;
  readonly events: UpstreamEvents;
  readonly limits: PipeLimits;
  /** Resources whose updates are wanted. */
  readonly uris: ReadonlySet<string>;
}

/**
 * Opens the main pipe in the era that the server speaks. A legacy handshake is tried first where nothing is known: it does no
 * harm to a server of either era, and nearly all are legacy. Only one that does not take it is asked, in a process of its own.
 */
export async function connectMain(options: ConnectMainOptions, signal: AbortSignal): Promise<MainPipe> {
  const { era, command, verdicts } = options;
  const known = verdicts.get(command);
  if (era === "modern" || (era === "auto" && known?.legacy === false)) return connectModern(options, signal);
  try {
    return await connectLegacy(options, signal);
  } catch (thrown) {
    if (era === "legacy" || known !== undefined || signal.aborted) throw thrown;
    const { handle, open, limits } = options;
    const verdict = await probePipe({ handle, open, timeoutMs: limits.probeTimeoutMs }, signal);
    if (verdict !== "modern") {
      // Whatever is wrong with it, it is not its era.
      if (verdict !== "unknown") verdicts.set(command, { legacy: true, modern: false });
      throw thrown;
    }
    verdicts.set(command, { legacy: false, modern: true });
    return connectModern(options, signal);
  }
}

async function connectLegacy(options: ConnectMainOptions, signal: AbortSignal): Promise<MainPipe> {
  const { limits, ...rest } = options;
  const pipe = await connectLegacyPipe({ ...rest, ...limits, peer: undefined }, signal);
  const { initialized, closed } = pipe;
  const subscriber = legacySubscriber(initialized, (call) => pipe.request(call));
  return { initialized, closed, subscriber, legacy: pipe, modern: undefined, close: () => pipe.close() };
}

async function connectModern(options: ConnectMainOptions, signal: AbortSignal): Promise<MainPipe> {
  const { handle, open, command, verdicts, events, limits, uris } = options;
  try {
    const pipe = await connectModernPipe({ handle, open, events, ...limits, discoverTimeoutMs: limits.initializeTimeoutMs }, signal);
    const { initialized, closed } = pipe;
    const listening = { handle, channel: pipe, capabilities: initialized.capabilities, uris, events, again: limits.restart };
    const listen = new ModernListen({ ...listening, acknowledgeTimeoutMs: limits.initializeTimeoutMs, onUnknown: () => {} });
    void closed.then(() => listen.close());
    return { initialized, closed, subscriber: listen, legacy: undefined, modern: pipe, close: () => pipe.close() };
  } catch (thrown) {
    verdicts.forget(command);
    throw thrown;
  }
}

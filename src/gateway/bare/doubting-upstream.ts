import { AppError, type ErrorCode } from "../../core/app-error.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Of what mcpd answers with where it does not carry a call out as it was asked to. */
const DOUBTS: ReadonlySet<ErrorCode> = new Set(["internal", "unauthenticated", "denied"]);

/**
 * The same server; where mcpd answered with something that is no answer, such as a refusal of the caller, `onDoubt`
 * runs, so that what is known of the caller is asked anew.
 */
export function doubting(upstream: Upstream, onDoubt: () => void): Upstream {
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      if (thrown instanceof AppError && DOUBTS.has(thrown.code)) onDoubt();
      throw thrown;
    }
  };
  return {
    start: () => upstream.start(),
    ready: () => watched(upstream.ready()),
    request: (call) => watched(upstream.request(call)),
    notify: (peer, message) => upstream.notify(peer, message),
    subscribe: (uri) => watched(upstream.subscribe(uri)),
    unsubscribe: (uri) => upstream.unsubscribe(uri),
    keepsPeers: () => upstream.keepsPeers(),
    speaksModern: upstream.speaksModern && (() => upstream.speaksModern?.() === true),
    status: () => upstream.status(),
    close: () => upstream.close(),
  };
}

import { connect } from "node:net";
import type { Answer, Endpoint } from "../probe-ports.ts";

const MEANING: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  EHOSTUNREACH: "the address cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ECONNRESET: "the connection was reset",
  ETIMEDOUT: "nothing took the connection in time",
};

/** Opens a TCP connection and closes it. Rejects with the signal's reason where it fires, and with nothing else. */
export function dialTcp({ host, port }: Endpoint, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      settle();
    };
    const onAbort = () => end(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort);
    socket.once("connect", () => end(() => resolve({ ok: true, detail: `port ${port} takes connections` })));
    // Stays: an error may follow after the connection was given up.
    socket.on("error", (error) => end(() => resolve({ ok: false, reason: `port ${port} at ${host} is closed: ${meaningOf(error)}` })));
  });
}

function meaningOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return MEANING[code] ?? error.message;
}

import { decideStdioEra, type EraVerdict } from "../../../mcp/eras/decide-era.ts";
import { gatewayParams } from "../discover.ts";
import type { OpenPipe } from "./message-pipe.ts";
import { PipeCalls } from "./pipe-calls.ts";
import { shakeHands } from "./shake-hands.ts";

export interface ProbePipeOptions {
  readonly handle: string;
  readonly open: OpenPipe;
  /** What stays silent for this long is a legacy server. */
  readonly timeoutMs: number;
}

const NOTHING = { onNotification: () => {}, onRequest: () => {} };

/**
 * Finds out in a process of its own whether a server is a modern one: some legacy servers exit on a method that they do not
 * know, and no caller's process is to do that. The process is gone when it resolves. Never rejects.
 */
export async function probePipe({ handle, open, timeoutMs }: ProbePipeOptions, signal: AbortSignal): Promise<EraVerdict> {
  const calls = new PipeCalls({ handle, maxInFlight: 1, listener: NOTHING });
  const asking = { handle, open, calls, era: "modern", method: "server/discover", paramsText: gatewayParams(), timeoutMs } as const;
  try {
    const { pipe, answer } = await shakeHands(asking, signal);
    await pipe.stop();
    return decideStdioEra(JSON.parse(answer));
  } catch {
    return signal.aborted ? "unknown" : "legacy";
  }
}

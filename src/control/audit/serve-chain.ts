import type { Clock } from "../../core/clock.ts";
import type { FromChainThread, ToChainThread } from "./chain-messages.ts";
import { type ChainStore, RequestChain } from "./request-chain.ts";

export interface ServeChainOptions {
  readonly writer: string;
  /** Opens the database; tried again with the next batch where it fails. */
  readonly open: () => Promise<ChainStore>;
  readonly clock: Clock;
  readonly post: (message: FromChainThread) => void;
}

/** The thread's side of `RemoteChain`: takes its messages one after another. Never throws. */
export function serveChain({ writer, open, clock, post }: ServeChainOptions): (message: ToChainThread) => Promise<void> {
  let store: ChainStore | undefined;
  let chain: RequestChain | undefined;
  return async (message) => {
    try {
      if (message.kind === "close") {
        await store?.close();
        return post({ kind: "closed" });
      }
      store ??= await open();
      chain ??= new RequestChain({ store, writer, clock });
      const { after, lines, dropped } = message;
      const texts = lines?.split("\n") ?? [];
      post({ kind: "appended", tail: await chain.append(after, { texts, dropped }) });
    } catch (thrown) {
      post({ kind: "failed", reason: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  };
}

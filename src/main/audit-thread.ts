/** The thread that keeps the chain of audit events of requests. It is told where with its first message. */
import type { ToChainThread } from "../control/audit/chain-messages.ts";
import type { ChainStore } from "../control/audit/request-chain.ts";
import { serveChain } from "../control/audit/serve-chain.ts";
import { systemClock } from "../core/clock.ts";
import { parseDatabaseUrl } from "../store/database-url.ts";
import type { AuditThreadStart } from "./start-audit-thread.ts";

declare const self: Worker;

/** What is not needed is not loaded: the query builder alone takes 11 MB of a thread's memory. */
async function open({ databaseUrl, writer }: AuditThreadStart): Promise<ChainStore> {
  const parsed = parseDatabaseUrl(databaseUrl);
  if (parsed.engine === "sqlite") {
    const [{ openSqliteAppender }, { sqliteChainStore }] = await Promise.all([
      import("../store/sqlite/open-sqlite-appender.ts"),
      import("../control/audit/sqlite/sqlite-chain-store.ts"),
    ]);
    return sqliteChainStore(openSqliteAppender(parsed.file), writer);
  }
  const [{ openDatabase }, { sqlChainStore }] = await Promise.all([
    import("../store/open-database.ts"),
    import("../control/audit/sql-chain-store.ts"),
  ]);
  return sqlChainStore((await openDatabase(databaseUrl)).db, writer);
}

let serve: ((message: ToChainThread) => Promise<void>) | undefined;

self.onmessage = ({ data }: MessageEvent<AuditThreadStart | ToChainThread>) => {
  if ("kind" in data) void serve?.(data);
  else
    serve = serveChain({ writer: data.writer, open: () => open(data), clock: systemClock, post: (message) => self.postMessage(message) });
};

import pino from "pino";
import { accessRecord } from "../gateway/access-log/access-record.ts";
import type { RequestObserver } from "../gateway/audit/finished-request.ts";
import { LineWriter } from "./line-writer.ts";

export interface AccessLog {
  readonly observe: RequestObserver;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

/** Lines go out together: so soon at the latest, and when they are so many. A reader that has stopped reading costs no more than `maxChars`. */
const LIMITS = { flushMs: 200, flushChars: 4096, maxChars: 4 * 1024 * 1024 };

/**
 * A line for each request, on standard error with the rest of the log. No request waits for it: lines are lost where the process
 * is killed or nobody reads, and how many says the next one. What must not be lost is in the audit log.
 */
export function openAccessLog(fd = 2): AccessLog {
  const writer = new LineWriter({ fd, ...LIMITS });
  const log = pino({ level: "info", base: null }, writer);
  return {
    observe(request) {
      const record = accessRecord(request);
      const dropped = writer.takeDropped();
      log.info(dropped === 0 ? record : { ...record, dropped }, "request");
    },
    close: () => writer.close(),
  };
}

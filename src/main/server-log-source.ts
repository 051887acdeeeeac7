import type { ServerLogLine } from "../api/resources/server-log.ts";
import type { ServerLogSource } from "../control/server/server-log-source.ts";
import type { LogLine } from "../gateway/server-log/server-log.ts";
import type { ServerLogs } from "../gateway/server-log/server-logs.ts";

/** The logs of the gateway beside mcpd, as mcpd reads them. */
export function serverLogSource(logs: ServerLogs): ServerLogSource {
  return {
    read(handle, tail) {
      const found = logs.of(handle)?.read(tail);
      return found === undefined ? undefined : { items: found.lines.map(shown), dropped: found.dropped };
    },
    follow(handle, listener) {
      const log = logs.of(handle);
      if (log !== undefined) return log.follow({ line: (line) => listener.line(shown(line)), end: () => listener.end() });
      listener.end();
      return () => {};
    },
  };
}

function shown({ at, life, text }: LogLine): ServerLogLine {
  return { at: at.toISOString(), life, text };
}

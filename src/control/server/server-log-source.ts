import type { ServerLogLine, ServerLogResource } from "../../api/resources/server-log.ts";

export interface ServerLogListener {
  line(line: ServerLogLine): void;
  /** The server is gone. */
  end(): void;
}

/** What processes of servers beside this mcpd say on their standard error. */
export interface ServerLogSource {
  /** The last lines; undefined where no process of this server runs here. */
  read(handle: string, tail: number): ServerLogResource | undefined;
  /** Tells of every line from now on; the answer ends it. */
  follow(handle: string, listener: ServerLogListener): () => void;
}

import type { ChildLog } from "../../server-log/child-log.ts";
import type { MessagePipe, OpenPipe } from "../pipe/message-pipe.ts";
import { upstreamUnavailable } from "../upstream-errors.ts";
import { type StdioChild, type StdioChildOptions, startStdioChild } from "./stdio-child.ts";

export interface OpenChildOptions extends Omit<StdioChildOptions, "onLine" | "onErrorLine"> {
  /** Takes what each process says on standard error. */
  readonly log: ChildLog;
}

/** Opens a pipe by starting a process: its standard streams carry one message a line. */
export function openChild(handle: string, { log, ...options }: OpenChildOptions): OpenPipe {
  return (onLine): MessagePipe => {
    try {
      const child = startStdioChild({ ...options, onLine, onErrorLine: log.begin() });
      return { write: (message) => write(child, message), closed: child.exited, shown: log.hide, stop: () => child.stop() };
    } catch (cause) {
      throw upstreamUnavailable(handle, "its command could not be started", cause);
    }
  };
}

/** In the order in which they are written they are read. */
function write(child: StdioChild, message: string): undefined {
  child.write(oneLine(message));
}

/** A message is one line; valid JSON has line ends between its values only. */
function oneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replaceAll(/[\r\n]/g, " ") : json;
}

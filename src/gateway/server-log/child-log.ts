import { isSecretKey } from "../../core/redact.ts";
import type { ServerToRun } from "../serving/server-to-run.ts";
import { hideSecrets } from "./hide-secrets.ts";
import type { ServerLogs } from "./server-logs.ts";

/** Where the processes of one upstream write what they say on standard error. */
export interface ChildLog {
  /** A process starts. The answer keeps a line of it, and gives it back as it may be shown. */
  begin(): (line: string) => string;
  /** A text of a process as it may be shown. */
  readonly hide: (text: string) => string;
  /** The upstream is closed. */
  end(): void;
}

/** Longest line that is kept, in characters. */
const MAX_LINE = 8192;

/** The log of a server, without the values that its processes get from secrets, or in variables whose names say that they are one. */
export function childLog(logs: ServerLogs, server: ServerToRun): ChildLog {
  const { log, release } = logs.hold(server);
  const hide = hideSecrets(hiddenValues(server), MAX_LINE);
  return {
    begin() {
      const keep = log.begin();
      return (line) => {
        const shown = hide(line);
        keep(shown);
        return shown;
      };
    },
    hide,
    end: release,
  };
}

function hiddenValues({ secrets, backing }: ServerToRun): string[] {
  const variables = backing.kind === "stdio" ? Object.entries(backing.env) : [];
  const telling = variables.filter(([name]) => isSecretKey(name)).map(([, value]) => value);
  return [...Object.values(secrets), ...telling];
}

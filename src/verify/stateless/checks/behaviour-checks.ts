import { defineCheck } from "../check.ts";
import type { Violation } from "../violation.ts";

export const starts = defineCheck({
  id: "runs",
  scenario: "Basic execution",
  title: "the container runs under all constraints",
  needs: [],
  find: ({ container: { info } }): readonly Violation[] => {
    if (info.state === "running") return [];
    return [
      {
        title: "Container does not run",
        expected: "State=running",
        actual: `State=${info.state}${info.exitCode === undefined ? "" : `, exit code ${info.exitCode}`}${info.oomKilled ? ", killed for its memory" : ""}`,
        requirements: ["a server that starts with a read-only root, no capabilities, 512M and 1.0 CPU"],
        remedy: { recommendations: ["read the container's log", "look for 'Read-only file system' and 'Permission denied' in it"] },
      },
    ];
  },
});

export const answersMcp = defineCheck({
  id: "answers-mcp",
  scenario: "Basic execution",
  title: "the server answers initialize, tools/list and tool calls",
  needs: ["basic"],
  find: ({ basic }): readonly Violation[] => {
    const calls = basic.calls.filter(({ failed }) => failed !== undefined).map(({ tool, failed }) => `tools/call ${tool}: ${failed}`);
    const found = [...(basic.failed === undefined ? [] : [basic.failed]), ...calls];
    if (found.length === 0) return [];
    return [
      {
        title: "Server does not answer MCP requests",
        expected: "a result for initialize, tools/list and each tool that was called",
        actual: found[0] ?? "",
        found: found.slice(1),
        requirements: ["MCP over Streamable HTTP under all constraints"],
        remedy: {
          recommendations: ["check --path, --port and --token", "read the container's log", "try it with 'mcpctl test mcp URL'"],
        },
      },
    ];
  },
});

export const answersTogether = defineCheck({
  id: "answers-together",
  scenario: "Concurrent isolation",
  title: "clients at the same time are all answered",
  needs: ["isolation"],
  find: ({ isolation }): readonly Violation[] => {
    const clients = [...isolation.together, isolation.after];
    const found = clients.flatMap(({ failed }) => (failed === undefined ? [] : [failed]));
    if (found.length === 0) return [];
    return [
      {
        title: "Server does not handle concurrent requests",
        expected: `${clients.length} of ${clients.length} clients are answered`,
        actual: `${clients.length - found.length} of ${clients.length} were`,
        found: [...new Set(found)],
        requirements: ["requests of many clients side by side"],
        remedy: { recommendations: ["look for a lock or an object that all requests share", "read the container's log"] },
      },
    ];
  },
});

export const noLeak = defineCheck({
  id: "no-leak",
  scenario: "Concurrent isolation",
  title: "no client gets what belongs to another",
  needs: ["isolation"],
  find: ({ isolation: { together, after } }): readonly Violation[] => {
    const clients = [...together, after];
    const found = clients.flatMap((client, at) =>
      clients.flatMap((other, from) =>
        other !== client && client.received.includes(other.canary) ? [`client ${at + 1} received a word of client ${from + 1}`] : [],
      ),
    );
    if (found.length === 0) return [];
    return [
      {
        title: "Server leaked one client's data to another",
        expected: "each answer holds what its own request brought",
        actual: `${found.length} ${found.length === 1 ? "answer holds" : "answers hold"} words of another client`,
        found,
        requirements: ["no state is shared between requests", "cache keys carry the principal"],
        remedy: {
          recommendations: [
            "look for variables, caches and transports that outlive a request",
            "make one server object for each client",
            "key every cache by the principal",
          ],
        },
        risk: "one user reads another's data",
      },
    ];
  },
});

export const sessionsBound = defineCheck({
  id: "sessions-bound",
  scenario: "Concurrent isolation",
  title: "a session is of no use to another principal",
  needs: ["foreignSession"],
  find: ({ foreignSession: { status } }): readonly Violation[] => {
    if (status < 200 || status >= 300) return [];
    return [
      {
        title: "Server let one principal use another's session",
        expected: "404 (or 401/403)",
        actual: `${status} OK (success)`,
        requirements: ["a session is bound to the principal that opened it"],
        remedy: { fix: "compare the principal of each request with the session's, and answer 404 where they differ" },
        risk: "who learns a session id reads and acts as its owner",
      },
    ];
  },
});

export const sameAfterRestart = defineCheck({
  id: "same-after-restart",
  scenario: "No persistent state",
  title: "the server behaves the same after a restart",
  needs: ["restart"],
  find: ({ restart: { first, second } }): readonly Violation[] => {
    const found = [
      ...differences("initialize", [first.initialize], [second.initialize]),
      ...differences("round", first.rounds, second.rounds),
    ];
    if (found.length === 0) return [];
    return [
      {
        title: "Server kept state across a restart",
        expected: "the same questions have the same answers after every start",
        actual: `${found.length} ${found.length === 1 ? "answer differs" : "answers differ"}`,
        found,
        requirements: ["no data that outlives the process", "no cache on a disk or a volume"],
        remedy: {
          recommendations: [
            "look for files that the server writes and reads again",
            "remove volumes",
            "leave caches in memory or in a service of their own",
          ],
        },
      },
    ];
  },
});

export const noWarmStart = defineCheck({
  id: "no-warm-start",
  scenario: "No persistent state",
  title: "earlier requests change no answer",
  needs: ["restart"],
  find: ({ restart: { first } }): readonly Violation[] => {
    const [cold = "", ...warm] = first.rounds;
    const found = warm.flatMap((round, index) => differences(`repeat ${index + 1}`, [cold], [round]));
    if (found.length === 0) return [];
    return [
      {
        title: "Server answers differently when it is warm",
        expected: "the same question has the same answer, however often it was asked before",
        actual: `${found.length} of ${warm.length} repeats differ`,
        found,
        requirements: ["each request is answered from itself alone, so that any replica can answer it"],
        remedy: { recommendations: ["look for counters and caches in memory", "choose a tool with a constant answer with --tool"] },
      },
    ];
  },
});

export const tmpfsCleared = defineCheck({
  id: "tmpfs-cleared",
  scenario: "No persistent state",
  title: "what lay in tmpfs is gone after a restart",
  needs: ["tmpfs"],
  find: ({ tmpfs: { cleared } }): readonly Violation[] => {
    if (cleared) return [];
    return [
      {
        title: "Files in /tmp outlived a restart",
        expected: "/tmp is an empty tmpfs after each start",
        actual: "a file that was put there before the restart is there after it",
        requirements: ["temporary storage is tmpfs"],
        remedy: { fix: "mount /tmp with --tmpfs /tmp, not as a volume or from the host" },
      },
    ];
  },
});

const SHOWN = 160;

function differences(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  return before.flatMap((text, index) => {
    const other = after[index] ?? "";
    if (text === other) return [];
    const at = [...text].findIndex((letter, position) => letter !== other[position]);
    const from = Math.max(0, (at < 0 ? Math.min(text.length, other.length) : at) - 40);
    const name = before.length > 1 ? `${what} ${index + 1}` : what;
    return [`${name}: ${shown(text, from)} became ${shown(other, from)}`];
  });
}

function shown(text: string, from: number): string {
  return `${from > 0 ? "…" : ""}${text.slice(from, from + SHOWN)}${text.length > from + SHOWN ? "…" : ""}` || "nothing";
}

import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import type { ContainerInfo } from "../../../runtime/runtime.ts";
import type { StrainRun } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";
import { failureText, recordedClient } from "./client.ts";

const REQUESTS = 64;
const HUGE_BODIES = 4;
const HUGE_BYTES = 16 * 1024 * 1024;

/** More requests at a time than a client sends, and bodies that no request needs; then an ordinary one. */
export async function strainRun(deps: Pick<VerifyDeps, "fetch" | "runtime">, subject: Subject): Promise<StrainRun> {
  const before = await deps.runtime.inspect(subject.name);
  const filler = "x".repeat(HUGE_BYTES);
  // What is refused half-way ends the connection, which is an answer too.
  await Promise.all(Array.from({ length: HUGE_BODIES }, () => post(deps, subject, { filler })));
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => post(deps, subject, {})));
  const [stats] = await deps.runtime.stats([subject.name]).catch(() => []);
  const after = await ordinary(deps, subject);
  const now = after === undefined ? await deps.runtime.inspect(subject.name) : await settled(deps, subject.name);
  const isSame = now?.state === "running" && now.pid === before?.pid;
  return {
    died: isSame ? undefined : endOf(now),
    oomKilled: now?.oomKilled ?? false,
    requests: REQUESTS,
    answered: answers.filter((status) => status > 0).length,
    after,
    peakMemoryBytes: stats?.memoryBytes ?? 0,
  };
}

function endOf(info: ContainerInfo | undefined): string {
  if (info?.exitCode === undefined) return `it is ${info?.state ?? "gone"}`;
  // Not every engine says what it was killed for.
  return `exit code ${info.exitCode}${info.exitCode === KILLED ? " (killed, as for too much memory)" : ""}`;
}

const KILLED = 137;
const SETTLE_MS = 10_000;
const POLL_MS = 100;

/** Engines notice the end of a process a moment after its clients do. */
async function settled({ runtime }: Pick<VerifyDeps, "runtime">, name: string): Promise<ContainerInfo | undefined> {
  const limit = AbortSignal.timeout(SETTLE_MS);
  for (;;) {
    const info = await runtime.inspect(name);
    if (info?.state !== "running" || limit.aborted) return info;
    await waitOrAbort(POLL_MS, limit);
  }
}

/** The status; 0 where there was no answer. */
async function post({ fetch }: Pick<VerifyDeps, "fetch">, { url, token, timeoutMs }: Subject, params: object): Promise<number> {
  const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params });
  try {
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

async function ordinary(deps: Pick<VerifyDeps, "fetch">, subject: Subject): Promise<string | undefined> {
  const { session } = recordedClient(deps.fetch, subject);
  try {
    await session.initialize();
    return undefined;
  } catch (thrown) {
    return failureText(thrown);
  } finally {
    await session.close();
  }
}

import { randomBytes } from "node:crypto";
import type { ClientRun, ForeignSession, IsolationRun } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";
import { chosenTools, withCanary } from "./basic-calls.ts";
import { failureText, recordedClient } from "./client.ts";

const CLIENTS = 16;
const ROUNDS = 3;

/** Many clients at the same time, each with a secret word of its own, and one more after them. */
export async function isolationRun(deps: Pick<VerifyDeps, "fetch">, subject: Subject): Promise<IsolationRun> {
  const together = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => clientRun(deps, principalOf(subject, index))));
  // The other principal, where there is one: it must see nothing of what went before.
  return { together, after: await clientRun(deps, principalOf(subject, 1)) };
}

/** Every second client is the other principal, where there is one. */
function principalOf(subject: Subject, index: number): Subject {
  return index % 2 === 1 && subject.otherToken !== undefined ? { ...subject, token: subject.otherToken } : subject;
}

async function clientRun(deps: Pick<VerifyDeps, "fetch">, subject: Subject): Promise<ClientRun> {
  const canary = `canary${randomBytes(9).toString("hex")}`;
  const { session, received } = recordedClient(deps.fetch, subject);
  try {
    await session.initialize();
    const tools = chosenTools(subject, await session.listTools());
    for (let round = 0; round < ROUNDS; round += 1) {
      // There is no such tool: a server that says so repeats the word, and to nobody else.
      await session.callTool(canary, { canary }).catch(() => undefined);
      for (const { name, args } of tools) await session.callTool(name, withCanary(args, canary));
    }
    return { canary, received: received(), failed: undefined };
  } catch (thrown) {
    return { canary, received: received(), failed: failureText(thrown) };
  } finally {
    await session.close();
  }
}

/** Undefined where the server keeps no sessions. */
export async function foreignSession(
  { fetch }: Pick<VerifyDeps, "fetch">,
  subject: Subject,
  otherToken: string,
): Promise<ForeignSession | undefined> {
  const { session } = recordedClient(fetch, subject);
  try {
    const { protocolVersion } = await session.initialize();
    if (session.sessionId === undefined) return undefined;
    const response = await fetch(subject.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${otherToken}`,
        "mcp-session-id": session.sessionId,
        "mcp-protocol-version": protocolVersion,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
      redirect: "manual",
      signal: AbortSignal.timeout(subject.timeoutMs),
    });
    await response.body?.cancel();
    return { status: response.status };
  } finally {
    await session.close();
  }
}

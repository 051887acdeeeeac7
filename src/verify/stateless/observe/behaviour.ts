import type { Behaviour } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";
import { chosenTools, withCanary } from "./basic-calls.ts";
import { failureText, recordedClient } from "./client.ts";

const ROUNDS = 4;

/** What differs at each call and says nothing of state: moments, random ids, long numbers. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?/g, "<moment>"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "<id>"],
  [/\b[0-9a-f]{24,}\b/gi, "<id>"],
  [/\b\d{10,}\b/g, "<number>"],
];

/** The same questions to the server some times over, each time as a new client. */
export async function behaviourOf(deps: Pick<VerifyDeps, "fetch">, subject: Subject): Promise<Behaviour> {
  const seen: { readonly initialize: string; readonly round: string }[] = [];
  for (let count = 0; count < ROUNDS; count += 1) seen.push(await roundOf(deps, subject));
  return { initialize: seen[0]?.initialize ?? "", rounds: seen.map(({ round }) => round) };
}

async function roundOf(
  deps: Pick<VerifyDeps, "fetch">,
  subject: Subject,
): Promise<{ readonly initialize: string; readonly round: string }> {
  const { session } = recordedClient(deps.fetch, subject);
  let initialize = "";
  try {
    initialize = steady(await session.initialize());
    const tools = await session.listTools();
    const results: unknown[] = [];
    for (const { name, args } of chosenTools(subject, tools)) results.push(await session.callTool(name, withCanary(args, "same")));
    return { initialize, round: steady({ results, tools }) };
  } catch (thrown) {
    return { initialize, round: `failed: ${failureText(thrown)}` };
  } finally {
    await session.close();
  }
}

/** A value as text that is the same whenever the value means the same. */
export function steady(value: unknown): string {
  return VARYING.reduce((text, [shape, instead]) => text.replace(shape, instead), JSON.stringify(value));
}

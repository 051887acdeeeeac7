import type { CancelSignal } from "../../core/cancel-signal.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { errorMessage, INVALID_PARAMS, JsonRpcFault, METHOD_NOT_FOUND, resultMessage } from "../../mcp/json-rpc.ts";
import { createLocator, splice } from "../../mcp/json-span.ts";
import { LIST_KINDS, LISTS, type ListKind } from "../catalog/list-item.ts";
import { renderPrompt } from "../catalog/project-prompt.ts";
import type { Target, View } from "../catalog/view.ts";
import type { ServerHost } from "../server-host.ts";
import type { LiveSession } from "../session/live-session.ts";
import type { UpstreamAnswer } from "../upstream/upstream.ts";
import { upstreamUnavailable } from "../upstream/upstream-errors.ts";

/** One admitted request, with all that carrying it out needs. */
export interface Execution {
  readonly view: View;
  readonly session: LiveSession;
  readonly request: RequestEnvelope;
  readonly onNotification: ((message: string) => void) | undefined;
  readonly signal: CancelSignal;
  /** How long a first list waits for servers whose lists were never read, in ms. */
  readonly firstListWaitMs: number;
  /** Hears of each server that the request is sent to; until it is over they are not taken away. */
  readonly onSent: (host: ServerHost) => void;
}

type Handler = (execution: Execution) => Promise<UpstreamAnswer>;

/** A list younger than this is not read again for a name that is not in it. */
const UNKNOWN_NAME_REFRESH_MS = 1000;

const HANDLERS = new Map<string, Handler>([
  ["ping", async ({ request }) => resultMessage(request.idText, "{}")],
  ["tools/call", callNamed("tools")],
  ["prompts/get", getPrompt],
  ["resources/read", readResource],
  ["completion/complete", complete],
  ...LIST_KINDS.map((kind): [string, Handler] => [LISTS[kind].method, (execution) => list(kind, execution)]),
]);

/** Carries a request out. Answers in band for what a client asked wrongly; throws what `Upstream.request` throws. */
export async function execute(execution: Execution): Promise<UpstreamAnswer> {
  const { idText, method } = execution.request;
  const handler = HANDLERS.get(method);
  if (handler === undefined) return errorMessage(idText, { code: METHOD_NOT_FOUND, message: `Method not found: ${method.slice(0, 100)}` });
  try {
    return await handler(execution);
  } catch (thrown) {
    if (thrown instanceof JsonRpcFault) return errorMessage(idText, { code: thrown.code, message: thrown.message });
    throw thrown;
  }
}

/** Known lists serve at once; a server whose lists were never read gets a moment, and is left out when it takes longer. */
async function list(kind: ListKind, { view, request, firstListWaitMs }: Execution): Promise<string> {
  if (request.params.cursor !== undefined) throw new JsonRpcFault(INVALID_PARAMS, "Unknown cursor: this list has one page");
  const unread = view.hosts.filter((host) => host.catalog.lists === undefined);
  if (unread.length > 0) await Promise.all(unread.map((host) => host.catalog.firstReading(firstListWaitMs)));
  const [only] = view.hosts;
  if (view.kind === "server" && only !== undefined) await requireLists(only);
  for (const host of view.hosts) host.catalog.touch();
  return resultMessage(request.idText, view.listText(kind));
}

/** A project's list does without a server that is away; a server's own route has nothing else to show, and an empty list would be a lie. */
async function requireLists({ handle, upstream, catalog }: ServerHost): Promise<void> {
  if (catalog.lists !== undefined) return;
  await upstream.ready();
  await catalog.refresh();
  if (catalog.lists === undefined) throw upstreamUnavailable(handle, "it does not say what it offers");
}

const locateName = createLocator(["name"]);

function callNamed(kind: "tools" | "prompts"): Handler {
  const noun = kind === "tools" ? "tool" : "prompt";
  return async (execution) => {
    const { view, request } = execution;
    const name = requireText(request.params.name, "name");
    const target = view.named(kind, name);
    if (target === undefined || !(isListed(target, kind) || (await isListedNow(target, kind))))
      throw new JsonRpcFault(INVALID_PARAMS, `Unknown ${noun}: ${name.slice(0, 200)}`);
    return forward(execution, target, replaced(request.paramsText, locateName, target.own));
  };
}

const getServerPrompt = callNamed("prompts");

/** The project's own prompts are answered here. */
async function getPrompt(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const own = view.prompt(requireText(request.params.name, "name"));
  return own === undefined
    ? getServerPrompt(execution)
    : resultMessage(request.idText, JSON.stringify(renderPrompt(own, request.params.arguments)));
}

/** Whether the server lists this name, as far as is known. A server that was never read answers for itself. */
function isListed({ host, own }: Target, kind: "tools" | "prompts"): boolean {
  return host.catalog.lists?.[kind].some((item) => item.own === own) ?? true;
}

/** The same after a list that may be old was read again. */
async function isListedNow(target: Target, kind: "tools" | "prompts"): Promise<boolean> {
  await target.host.catalog.refreshOlderThan(UNKNOWN_NAME_REFRESH_MS);
  return isListed(target, kind);
}

const locateUri = createLocator(["uri"]);

async function readResource(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const uri = requireText(request.params.uri, "uri");
  return firstAnswer(view.resource(uri), uri, (target) => forward(execution, target, replaced(request.paramsText, locateUri, target.own)));
}

const locateRefName = createLocator(["ref", "name"]);
const locateRefUri = createLocator(["ref", "uri"]);

/** A project's own prompts know no values beforehand. */
const NO_COMPLETION = '{"completion":{"values":[]}}';

async function complete(execution: Execution): Promise<UpstreamAnswer> {
  const { view, request } = execution;
  const ref = request.params.ref as { type?: unknown; name?: unknown; uri?: unknown } | null | undefined;
  if (ref?.type === "ref/prompt") {
    const name = requireText(ref.name, "ref.name");
    if (view.prompt(name) !== undefined) return resultMessage(request.idText, NO_COMPLETION);
    const target = view.named("prompts", name);
    if (target === undefined) throw new JsonRpcFault(INVALID_PARAMS, `Unknown prompt: ${name.slice(0, 200)}`);
    return forward(execution, target, replaced(request.paramsText, locateRefName, target.own));
  }
  if (ref?.type !== "ref/resource") throw new JsonRpcFault(INVALID_PARAMS, 'ref.type must be "ref/prompt" or "ref/resource"');
  const uri = requireText(ref.uri, "ref.uri");
  return firstAnswer(view.resource(uri), uri, (target) =>
    forward(execution, target, replaced(request.paramsText, locateRefUri, target.own)),
  );
}

/** Asks one after the other until one has it: reading changes nothing. The last one's answer stands. */
async function firstAnswer(
  targets: readonly Target[],
  uri: string,
  ask: (target: Target) => Promise<UpstreamAnswer>,
): Promise<UpstreamAnswer> {
  const last = targets.at(-1);
  if (last === undefined) throw new JsonRpcFault(INVALID_PARAMS, `Unknown resource: ${uri.slice(0, 200)}`);
  for (const target of targets.slice(0, -1)) {
    const answer = await ask(target).catch(() => undefined);
    if (answer !== undefined && !isError(answer)) return answer;
  }
  return ask(last);
}

function isError(answer: UpstreamAnswer): boolean {
  return typeof answer === "string" && "error" in (JSON.parse(answer) as object);
}

function forward(
  { session, request, onNotification, signal, onSent }: Execution,
  target: Target,
  paramsText: string | undefined,
): Promise<UpstreamAnswer> {
  const { idText, method } = request;
  onSent(target.host);
  return target.host.upstream.request({ session, idText, method, paramsText, onNotification, signal });
}

/** The params with one string replaced; untouched, byte for byte, where it stays what it was. */
function replaced(paramsText: string | undefined, locate: ReturnType<typeof createLocator>, value: string): string | undefined {
  const span = paramsText === undefined ? undefined : locate(paramsText).spans[0];
  if (paramsText === undefined || span === undefined) return paramsText;
  return JSON.parse(paramsText.slice(span.start, span.end)) === value ? paramsText : splice(paramsText, span, JSON.stringify(value));
}

function requireText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new JsonRpcFault(INVALID_PARAMS, `${name} must be a string that is not empty`);
}

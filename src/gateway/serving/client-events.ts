import type { Caller } from "../../core/caller.ts";
import { createLocator, splice } from "../../mcp/json-span.ts";
import { mayHearOf } from "../access/may-hear-of.ts";
import { LIST_KINDS, type ListKind } from "../catalog/list-item.ts";
import type { View } from "../catalog/view.ts";
import { ModernPeer } from "../peers/modern-peer.ts";
import type { OpenQuestions } from "../question/open-questions.ts";
import { NOT_OFFERED } from "../question/question-replies.ts";
import type { ServerHost } from "../server-host.ts";
import { LiveSession } from "../session/live-session.ts";
import type { Peer } from "../upstream/peer.ts";
import type { ListChangedMethod, Question, QuestionReply } from "../upstream/upstream.ts";
import { listChangedMethods } from "./announcement.ts";
import type { ServedProject } from "./served-project.ts";

/** Somebody who listens outside of calls. */
export interface Audience {
  /** The project's id, and the server's id on a route of one server. */
  readonly project: string | undefined;
  readonly server: string | undefined;
  readonly caller: Caller | undefined;
  listChanged(method: ListChangedMethod): void;
}

export interface ClientEventsOptions {
  readonly audience: () => Iterable<Audience>;
  readonly questions: OpenQuestions;
}

/** Takes what servers say and ask outside of calls to the clients that it is for, and to no others. */
export class ClientEvents {
  readonly #options: ClientEventsOptions;

  constructor(options: ClientEventsOptions) {
    this.#options = options;
  }

  /** Tells those who may view this server that its lists are not what they were. */
  listsChanged(host: ServerHost, kinds: readonly ListKind[], projects: Iterable<ServedProject>): void {
    const ids = new Set([...projects].filter(({ hosts }) => hosts.includes(host)).map(({ id }) => id));
    const methods = listChangedMethods(kinds);
    for (const one of this.#options.audience()) {
      const inView = one.server === undefined ? ids.has(one.project ?? "") : one.server === host.definition.id;
      if (inView && mayHearOf(one.caller, host.handle)) for (const method of methods) one.listChanged(method);
    }
  }

  /** Tells those of a project what came into it and went, as far as they may view it. */
  projectChanged(earlier: ServedProject, project: ServedProject): void {
    const moved = [
      ...earlier.hosts.filter((host) => !project.hosts.includes(host)),
      ...project.hosts.filter((host) => !earlier.hosts.includes(host)),
    ];
    const prompts: ListKind[] = project.hasPromptsOf(earlier) ? [] : ["prompts"];
    for (const one of this.#options.audience()) {
      if (one.project !== project.id || one.server !== undefined) continue;
      const seen = moved.filter(({ handle }) => mayHearOf(one.caller, handle));
      for (const method of listChangedMethods([...seen.flatMap(listedKinds), ...prompts])) one.listChanged(method);
    }
  }

  /** A server says something to one client, in its own names; `view` is how that client sees it. A modern client hears of nothing that it did not ask for. */
  notified(host: ServerHost, view: View | undefined, peer: Peer, message: string): void {
    if (!(peer instanceof LiveSession) || view === undefined || !mayHearOf(peer.caller, host.handle)) return;
    peer.push(withUriOf(view, host, message));
  }

  /** A server asks one client. Never rejects. */
  async asked(host: ServerHost, view: View | undefined, peer: Peer, question: Question): Promise<QuestionReply> {
    // It carries one call alone where it may be asked: what its servers ask beside calls is asked in that one.
    if (peer instanceof ModernPeer) return peer.ask?.(question, host) ?? NOT_OFFERED;
    if (!(peer instanceof LiveSession) || view === undefined || !mayHearOf(peer.caller, host.handle)) return NOT_OFFERED;
    const send = peer.listens ? peer.push : undefined;
    return this.#options.questions.ask({ session: peer, host, question, send }).reply;
  }
}

const locateUri = createLocator(["method"], ["params", "uri"]);

/** A notification about a resource names it as the client knows it; any other is passed on as it is. */
function withUriOf(view: View, host: ServerHost, message: string): string {
  const [method, uri] = locateUri(message).spans;
  if (method === undefined || uri === undefined || message.slice(method.start, method.end) !== UPDATED) return message;
  const own: unknown = JSON.parse(message.slice(uri.start, uri.end));
  const known = typeof own === "string" ? view.uriOf(host, own) : undefined;
  return known === undefined || known === own ? message : splice(message, uri, JSON.stringify(known));
}

const UPDATED = '"notifications/resources/updated"';

function listedKinds({ catalog }: ServerHost): ListKind[] {
  return LIST_KINDS.filter((kind) => (catalog.lists?.[kind].length ?? 0) > 0);
}

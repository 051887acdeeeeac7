interface Question {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON was sent.
  readonly body: any;
}

/** An identity provider that answers as it is told. */
export interface IdentityProvider {
  readonly url: string;
  /** What it was asked, in order. */
  readonly asked: Question[];
  answer: (question: Question) => Response | Promise<Response>;
  close(): Promise<void>;
}

export async function startIdentityProvider(answer: IdentityProvider["answer"], hostname = "127.0.0.1"): Promise<IdentityProvider> {
  const server = Bun.serve({
    port: 0,
    hostname,
    async fetch(request) {
      const question = { path: `${request.method} ${new URL(request.url).pathname}`, body: await request.json() };
      provider.asked.push(question);
      return await provider.answer(question);
    },
  });
  const provider: IdentityProvider = { url: `http://${hostname}:${server.port}`, asked: [], answer, close: () => server.stop(true) };
  return provider;
}

/** The answers of `/v1/token/validate`, by token. */
export function answersOf(callers: Readonly<Record<string, readonly string[]>>): IdentityProvider["answer"] {
  return ({ body }) => {
    const roles = callers[body.token];
    return Response.json(roles === undefined ? { valid: false } : { valid: true, username: body.token, roles });
  };
}

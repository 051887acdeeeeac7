import type { Ready } from "./up-process.ts";

/** What a token may do who uses a project and changes nothing. */
export const MEMBER = [
  { role: "view", resource: "projects" },
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
];

/** Calls mcpd's REST API with a credential. */
export class RestCaller {
  readonly #api: string;
  readonly #bearer: string;

  constructor(api: string, bearer: string) {
    this.#api = api;
    this.#bearer = bearer;
  }

  /** As the administrator whose password the ready file told. */
  static async logIn({ api, admin }: Pick<Ready, "api" | "admin">): Promise<RestCaller> {
    const { token } = await new RestCaller(api, "").send("POST", "/auth/login", { ...admin, client: "cli" });
    return new RestCaller(api, token);
  }

  /** Throws for anything but success. */
  // biome-ignore lint/suspicious/noExplicitAny: a reply is looked at by what a test expects of it.
  async send(method: string, path: string, body?: unknown): Promise<any> {
    const headers = { authorization: `Bearer ${this.#bearer}`, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.#api}/api/v1${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** A raw token with these rights, those of a member where none are given. */
  async makeToken(name: string, project: string, roleBindings: readonly object[] = MEMBER): Promise<string> {
    return (await this.send("POST", "/mcptokens", { name, project, roleBindings })).token;
  }

  revoke(name: string, project: string): Promise<unknown> {
    return this.send("POST", `/mcptokens/${name}/revoke?project=${project}`);
  }
}

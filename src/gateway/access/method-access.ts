/** What a method asks for on the server that it reaches; which scope it takes, the scope map says. */
export interface MethodAccess {
  readonly verb: "view" | "run";
  /** Where the message says which server it is about. */
  readonly aims: "at all" | "by tool" | "by prompt" | "by uri" | "by ref";
}

const read = { verb: "view" } as const;

const METHODS = new Map<string, MethodAccess>([
  ["tools/list", { ...read, aims: "at all" }],
  ["prompts/list", { ...read, aims: "at all" }],
  ["resources/list", { ...read, aims: "at all" }],
  ["resources/templates/list", { ...read, aims: "at all" }],
  ["server/discover", { ...read, aims: "at all" }],
  ["subscriptions/listen", { ...read, aims: "at all" }],
  ["logging/setLevel", { ...read, aims: "at all" }],
  ["resources/subscribe", { ...read, aims: "by uri" }],
  ["resources/unsubscribe", { ...read, aims: "by uri" }],
  ["prompts/get", { ...read, aims: "by prompt" }],
  ["resources/read", { ...read, aims: "by uri" }],
  ["completion/complete", { ...read, aims: "by ref" }],
  ["tools/call", { verb: "run", aims: "by tool" }],
]);

/** Undefined: the method reaches no server, so no role is asked for. */
export function methodAccess(method: string): MethodAccess | undefined {
  return METHODS.get(method);
}

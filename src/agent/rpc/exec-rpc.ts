import type { ServiceImpl } from "@connectrpc/connect";
import type { ExecRequest, ExecStart, McpAgentService } from "../../../gen/mcp/v1/mcp_pb.ts";
import type { ExecSession } from "../../runtime/runtime.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";
import { refused, required } from "./request-field.ts";

const MAX_WORDS = 1000;

/** Runs a command and joins its input and output with the two streams. It is ended when the caller goes. */
export function execRpc({ commands, ending }: AgentServiceDeps): Pick<ServiceImpl<typeof McpAgentService>, "exec"> {
  return {
    async *exec(requests, context) {
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, ending, stop.signal]);
      const input = requests[Symbol.asyncIterator]();
      const first = await input.next();
      if (first.done === true || first.value.what.case !== "start") throw refused("the first message must say what is to run");
      const { command, tty, stdin, ...at } = parseStart(first.value.what.value);
      try {
        const session = await commands.exec(at, { command, tty, stdin, signal });
        const broken = Promise.withResolvers<never>();
        broken.promise.catch(() => undefined);
        if (stdin) void passInput(input, session).catch(broken.reject);
        yield* outputOf(session, broken.promise);
        signal.throwIfAborted();
        yield { what: { case: "exitCode" as const, value: await session.exitCode } };
      } finally {
        stop.abort();
        void input.return?.()?.catch(() => undefined);
      }
    },
  };
}

function parseStart({ serviceName, component, command, tty, stdin }: ExecStart) {
  if (command.length === 0 || command[0] === "") throw refused("command is missing");
  if (command.length > MAX_WORDS) throw refused(`command has more than ${MAX_WORDS} words`);
  return { service: required("service_name", serviceName), component: required("component", component), command, tty, stdin };
}

/** Each piece is taken before the next is read, so that a command that does not read holds the caller back. */
async function passInput(input: AsyncIterator<ExecRequest>, session: ExecSession): Promise<void> {
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    const { what } = next.value;
    if (what.case === "stdinClosed") break;
    if (what.case !== "stdin") throw refused("after the start of a command only its input may follow");
    await session.write(what.value);
  }
  await session.closeInput();
}

async function* outputOf(session: ExecSession, broken: Promise<never>) {
  const output = session.output[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([output.next(), broken]);
    if (next.done === true) return;
    yield { what: { case: next.value.stream, value: next.value.data as Uint8Array<ArrayBuffer> } };
  }
}

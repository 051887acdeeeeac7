import { createSseParser } from "../../../src/mcp/sse.ts";
import { type RawReply, ReplyCollector } from "./raw-client.ts";

const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** The reply to a request with this id, which is an error where the status says so too. Throws for what is no reply. */
export async function readHttpReply(response: Response, idText: string): Promise<RawReply> {
  const { status, headers, body } = response;
  const collector = new ReplyCollector(idText);
  if (headers.get("content-type")?.startsWith("application/json") === true) {
    const text = await response.text();
    const reply = collector.take(text);
    if (reply === undefined) throw new Error(`${idText} was answered with ${status} ${text.slice(0, 300)}`);
    return { ...reply, status };
  }
  const parser = createSseParser({ maxEventBytes: MAX_EVENT_BYTES });
  for await (const chunk of body ?? []) {
    for (const { data } of parser.push(chunk)) {
      const reply = data === "" ? undefined : collector.take(data);
      if (reply !== undefined) return { ...reply, status };
    }
  }
  throw new Error(`${idText} was answered with ${status} and a stream without an answer`);
}

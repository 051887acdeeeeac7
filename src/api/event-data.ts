const MAX_LINE = 1024 * 1024;

/** The `data` of server-sent events that mcpd writes: one line each. Comments and other fields are passed over. */
export async function* eventData(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) throw new Error("an event is longer than 1 MiB");
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length);
  }
}

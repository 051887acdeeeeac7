/** What a process has said so far, as it comes. */
export class CollectedOutput {
  stdout = "";
  stderr = "";
  /** Resolves when both streams have ended. */
  readonly whole: Promise<unknown>;

  constructor(child: Bun.Subprocess<"ignore" | "pipe", "pipe", "pipe">) {
    this.whole = Promise.all([
      collect(child.stdout, (text) => {
        this.stdout += text;
      }),
      collect(child.stderr, (text) => {
        this.stderr += text;
      }),
    ]);
  }
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

/**
 * A result message around a result that many messages share: its bytes are not copied for each of them. A list of a thousand tools
 * is a megabyte, and a copy that is garbage a moment later costs more than to send it.
 */
export class SharedResult {
  readonly #idText: string;
  readonly #result: Uint8Array;

  /** `result` must be valid JSON and never changes; neither it nor the id is looked at. */
  constructor(idText: string, result: Uint8Array) {
    this.#idText = idText;
    this.#result = result;
  }

  /** What follows one another in the message. Text is as JSON.stringify writes ids: it may be more than ASCII. */
  get parts(): readonly [string, Uint8Array, string] {
    return [`{"jsonrpc":"2.0","id":${this.#idText},"result":`, this.#result, "}"];
  }

  get byteLength(): number {
    const [before, result, after] = this.parts;
    return Buffer.byteLength(before) + result.byteLength + after.length;
  }

  /** All of it, as memory of its own. */
  bytes(): Uint8Array<ArrayBuffer> {
    const [before, result, after] = this.parts;
    return Buffer.concat([Buffer.from(before), result, Buffer.from(after)]);
  }

  text(): string {
    const [before, result, after] = this.parts;
    return before + Buffer.from(result.buffer, result.byteOffset, result.byteLength).toString("utf8") + after;
  }
}

/** A head that is known already, in the bytes that came. */
export interface KnownHead<H> {
  readonly head: H;
  /** Its length in bytes, with the empty line that ends it. */
  readonly bytes: number;
  /** What it says as Content-Length; undefined where it says none. */
  readonly contentLength: string | undefined;
}

const LENGTH_LINE = /\r\ncontent-length:[\t ]*(\d{1,15})[\t ]*\r\n/i;
const MAX_DIGITS = 15;
const ZERO = 48;
const NINE = 57;

/**
 * The last head that came over a connection. The next one is nearly always the same but for its Content-Length, and to
 * compare bytes costs a tenth of reading them.
 *
 * A head is known only if every byte of it but these digits is the same: it would be read as the last one was.
 */
export class HeadMemo<H> {
  #head: H | undefined;
  #bytes = Buffer.alloc(0);
  /** Where the digits of the Content-Length stand; the end, twice, where there is none. */
  #from = 0;
  #to = 0;
  #digits = "";

  /** `text` is a head that was read and found right, as Latin-1, without the empty line that ends it. */
  learn(text: string, head: H): void {
    const whole = `${text}\r\n\r\n`;
    const line = LENGTH_LINE.exec(whole);
    const digits = line?.[1] ?? "";
    this.#head = head;
    this.#bytes = Buffer.from(whole, "latin1");
    this.#from = line === null ? whole.length : line.index + line[0].lastIndexOf(digits);
    this.#to = this.#from + digits.length;
    this.#digits = digits;
  }

  /** The head at the front of `bytes`, where it is the last one again and whole. */
  match(bytes: Buffer): KnownHead<H> | undefined {
    const head = this.#head;
    const known = this.#bytes;
    const from = this.#from;
    const rest = known.length - this.#to;
    if (head === undefined || bytes.length < from + rest || bytes.compare(known, 0, from, 0, from) !== 0) return undefined;
    if (rest === 0) return { head, bytes: from, contentLength: undefined };
    const to = endOfDigits(bytes, from);
    const end = to + rest;
    if (to === from || bytes.length < end || bytes.compare(known, this.#to, known.length, to, end) !== 0) return undefined;
    return { head, bytes: end, contentLength: this.#isSameLength(bytes, to) ? this.#digits : bytes.toString("latin1", from, to) };
  }

  #isSameLength(bytes: Buffer, to: number): boolean {
    if (to !== this.#to) return false;
    for (let at = this.#from; at < to; at += 1) if (bytes[at] !== this.#bytes[at]) return false;
    return true;
  }
}

function endOfDigits(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE && at - from < MAX_DIGITS; byte = bytes[at]) at += 1;
  return at;
}

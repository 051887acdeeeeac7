/** Cuts what a process writes for people into lines. */
export interface TextLines {
  push(chunk: Uint8Array): void;
  /** Something is missing here: what is unfinished is forgotten, and what comes up to the end of its line. */
  skip(): void;
  /** There is no more: an unfinished line counts. */
  end(): void;
}

/**
 * A progress bar returns to the start of its line again and again: of such a line the last state counts. One that is longer than
 * `maxChars` is cut, and costs no more memory than that.
 */
export function createTextLines(maxChars: number, onLine: (line: string) => void): TextLines {
  let decoder = new TextDecoder();
  let skipping = false;
  let line = "";
  /** The cursor stands at the start of the line: what comes next overwrites it, unless it is the line's end. */
  let returned = false;

  const take = (text: string) => {
    if (text === "" || skipping) return;
    if (returned) line = "";
    returned = false;
    if (line.length < maxChars) line += text.slice(0, maxChars - line.length);
  };
  const finish = () => {
    if (!skipping) onLine(line);
    skipping = false;
    line = "";
    returned = false;
  };
  const read = (text: string) => {
    const [first = "", ...others] = text.split("\n");
    for (const [at, part] of [first, ...others].entries()) {
      if (at > 0) finish();
      const states = part.split("\r");
      for (const [index, state] of states.entries()) {
        if (index > 0) returned = true;
        take(state);
      }
    }
  };
  return {
    push: (chunk) => read(decoder.decode(chunk, { stream: true })),
    skip() {
      decoder = new TextDecoder();
      skipping = true;
      line = "";
      returned = false;
    },
    end() {
      read(decoder.decode());
      if (line !== "") finish();
    },
  };
}

/** The last line of a stream of text that is not blank, for people. */
export interface LastLine {
  push(chunk: Uint8Array): void;
  /** An unfinished line counts. Undefined where there was none. */
  read(): string | undefined;
}

/** Keeps no more than `maxLength` characters, however long a line is and however many there are. */
export function createLastLine(maxLength: number): LastLine {
  const decoder = new TextDecoder();
  let last: string | undefined;
  let unfinished = "";
  return {
    push(chunk) {
      // A progress bar returns to the start of its line and never ends it.
      const lines = (unfinished + decoder.decode(chunk, { stream: true })).split(/[\r\n]/);
      unfinished = lines.pop()?.slice(0, maxLength) ?? "";
      last = lines.findLast((line) => line.trim() !== "")?.slice(0, maxLength) ?? last;
    },
    read: () => (unfinished.trim() === "" ? last : unfinished),
  };
}

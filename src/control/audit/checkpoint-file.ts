import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { type Checkpoint, type CheckpointRecord, type Checkpoints, newestOf, parseSignedLine, signedLine } from "./checkpoint.ts";
import { OneAtATime } from "./one-at-a-time.ts";

/** The file is written anew, with what must be kept, when it has more lines. */
const MAX_LINES = 1000;
/** Lines that nobody signed stay in the file as evidence, this many and this long. */
const MAX_BAD_LINES = 20;
const MAX_BAD_LENGTH = 500;

/**
 * Checkpoints in a file of JSON lines that only its owner can read (0600), each line signed and on disk when `add`
 * resolves. It keeps at most a few per writer and 1,000 lines.
 *
 * It does not defend against one who puts back an older copy of the file together with the older database.
 */
export function checkpointFile(path: string, key: Uint8Array): Checkpoints {
  let lines: number | undefined;
  const turns = new OneAtATime();
  return {
    add: (checkpoint) =>
      turns.run(async () => {
        const known = lines;
        // Until it is written nobody knows what a failure has left behind.
        lines = undefined;
        const content = known === undefined || known >= MAX_LINES ? await readLines(path, key) : undefined;
        if (content !== undefined && (content.torn || content.count >= MAX_LINES)) {
          lines = await writeAnew(path, key, content, checkpoint);
          return;
        }
        await appendLine(path, `${signedLine(key, checkpoint)}\n`);
        if (content !== undefined) await syncFolder(path);
        lines = (content?.count ?? known ?? 0) + 1;
      }),
    read: () =>
      turns.run(async () => {
        const { checkpoints, bad } = await readLines(path, key);
        return { checkpoints, damage: damageOf(bad) };
      }),
  };
}

interface Content extends Pick<CheckpointRecord, "checkpoints"> {
  readonly count: number;
  readonly bad: readonly { readonly number: number; readonly line: string }[];
  /** The last line was not finished: the process died while it wrote it. */
  readonly torn: boolean;
}

async function readLines(path: string, key: Uint8Array): Promise<Content> {
  const all = (await readWhole(path)).split("\n");
  const rest = all.pop() ?? "";
  const checkpoints: Checkpoint[] = [];
  const bad: { number: number; line: string }[] = [];
  for (const [index, line] of all.entries()) {
    const checkpoint = parseSignedLine(key, line);
    if (checkpoint === undefined) bad.push({ number: index + 1, line });
    else checkpoints.push(checkpoint);
  }
  return { checkpoints, bad, count: all.length, torn: rest !== "" };
}

async function readWhole(path: string): Promise<string> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "ENOENT") return "";
    throw thrown;
  }
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function damageOf(bad: Content["bad"]): string[] {
  const shown = bad
    .slice(0, MAX_BAD_LINES)
    .map(({ number }) => `line ${number} of the checkpoint file was not signed by this installation`);
  return bad.length > MAX_BAD_LINES ? [...shown, `and ${bad.length - MAX_BAD_LINES} more lines`] : shown;
}

async function appendLine(path: string, line: string): Promise<void> {
  await withFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, (file) => file.appendFile(line));
}

async function writeAnew(path: string, key: Uint8Array, { checkpoints, bad }: Content, added: Checkpoint): Promise<number> {
  const kept = newestOf([...checkpoints, added]).map((each) => signedLine(key, each));
  const evidence = bad.slice(0, MAX_BAD_LINES).map(({ line }) => line.slice(0, MAX_BAD_LENGTH));
  const all = [...evidence, ...kept];
  const next = `${path}.next`;
  await withFile(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, (file) =>
    file.writeFile(`${all.join("\n")}\n`),
  );
  await rename(next, path);
  await syncFolder(path);
  return all.length;
}

async function syncFolder(path: string): Promise<void> {
  await withFile(dirname(path), constants.O_RDONLY, async () => undefined);
}

async function withFile(path: string, flags: number, write: (file: FileHandle) => Promise<unknown>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

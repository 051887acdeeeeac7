import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Terminal } from "../cli/ports.ts";
import { AppError } from "../core/app-error.ts";

/** The person or program at this process's standard input. */
export function processTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  return {
    isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
    readStdin,
    readLine: (prompt) => ask(prompt, false),
    readPassword: (prompt) => ask(prompt, true),
    openEditor: async (text, extension) => openEditor(env, text, extension),
    untilInterrupted,
    showsColours: process.stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb",
    readInput: () => process.stdin,
    writeOutput: (bytes) => void process.stdout.write(bytes),
  };
}

async function readStdin(maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of process.stdin) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) {
      throw new AppError("exhausted", "STDIN_TOO_LARGE", `Standard input is longer than ${Math.ceil(maxBytes / 1024)} KiB`);
    }
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** A line from the terminal. What is typed is echoed by the terminal itself, which raw mode keeps from it. */
function ask(prompt: string, hidden: boolean): Promise<string> {
  process.stderr.write(prompt);
  if (!hidden || process.stdin.isTTY !== true) return readLine();
  return readHidden().finally(() => process.stderr.write("\n"));
}

function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("close", () => resolve(""));
  });
}

const ENTER = new Set(["\r", "\n", "\u0004"]);
const CTRL_C = "\u0003";
const RUBOUT = new Set(["\u007f", "\b"]);

function readHidden(): Promise<string> {
  const { stdin } = process;
  let typed = "";
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding("utf8");
  return new Promise((resolve) => {
    const end = () => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
    };
    const take = (chunk: string) => {
      for (const char of chunk) {
        if (char === CTRL_C) {
          end();
          process.stderr.write("\n");
          process.exit(130);
        }
        if (ENTER.has(char)) {
          end();
          resolve(typed);
          return;
        }
        typed = RUBOUT.has(char) ? [...typed].slice(0, -1).join("") : typed + char;
      }
    };
    stdin.on("data", take);
  });
}

function openEditor(env: Readonly<Record<string, string | undefined>>, text: string, extension: string): string {
  const editor = env.VISUAL || env.EDITOR || "vi";
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-edit-"));
  const file = join(folder, `edit${extension}`);
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // As git does it: the variable may hold arguments.
    const { status, error } = spawnSync("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
    if (error !== undefined || status !== 0) {
      throw new AppError(
        "precondition",
        "EDITOR_FAILED",
        `The editor '${editor}' ended with ${status ?? error?.message ?? "a signal"}; nothing was changed`,
        {
          hint: "set $EDITOR to another one",
        },
      );
    }
    return readFileSync(file, "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

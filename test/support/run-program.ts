export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with this on its standard input, or nothing. */
export async function runProgram(
  command: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>>; readonly stdin?: string },
): Promise<ProgramResult> {
  const { cwd, stdin } = options;
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...options.env },
    stdin: stdin === undefined ? "ignore" : new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

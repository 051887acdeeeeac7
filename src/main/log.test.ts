import { expect, test } from "bun:test";
import { AppError } from "../core/app-error.ts";
import { generateCredential } from "../core/credential.ts";
import { REDACTED } from "../core/redact.ts";
import { createLog, type LogLevel } from "./log.ts";

function open(env: Readonly<Record<string, string>> = {}, configured?: LogLevel) {
  const lines: string[] = [];
  const log = createLog(env, configured, { write: (line) => void lines.push(line) });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test("it is quiet by default; the environment goes before the configuration", () => {
  const levelOf = (env: Readonly<Record<string, string>>, configured?: LogLevel) => open(env, configured).log.level;
  expect(levelOf({})).toBe("warn");
  expect(levelOf({}, "info")).toBe("info");
  expect(levelOf({ MCPCTL_LOG_LEVEL: "silent" }, "info")).toBe("silent");
  expect(levelOf({ MCPCTL_LOG_LEVEL: "" }, "info")).toBe("info");
});

test("a level that there is not is refused, with the nearest that there is", () => {
  expect(() => open({ MCPCTL_LOG_LEVEL: "inof" })).toThrow(
    expect.objectContaining({ code: "invalid", reason: "LOG_LEVEL_INVALID", hint: "did you mean info?" }),
  );
  expect(() => open({ MCPCTL_LOG_LEVEL: "INFO" })).toThrow("MCPCTL_LOG_LEVEL 'INFO'");
});

test("a line is one JSON object with what it is about", () => {
  const { log, parsed } = open();
  log.warn({ server: "one", reason: "it exited" }, "server lost");
  expect(parsed()).toEqual([{ level: 40, time: expect.any(Number), server: "one", reason: "it exited", msg: "server lost" }]);
});

test("no credential is in any line: by the name of its field, in a text, in an error or in what caused it", () => {
  const { log, lines } = open();
  const token = generateCredential("token");
  const cause = new Error(`GET http://user:hush-hush@example.org failed with Bearer ${token}`);
  log.warn({ authorization: `Bearer ${token}`, headers: { cookie: token, token }, password: "hush-hush" }, "fields");
  log.error({ err: new AppError("internal", "X", `cannot use ${token}`, { cause }) }, `lost ${token}`);
  log.error(cause, "an error by itself");
  log.error(cause);
  log.error({ err: `it said ${token}` });
  expect(lines).toHaveLength(5);
  for (const line of lines) {
    expect(line).not.toContain(token);
    expect(line).not.toContain("hush-hush");
  }
  expect(lines[1]).toContain(REDACTED);
});

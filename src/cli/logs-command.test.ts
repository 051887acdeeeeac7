import { expect, test } from "bun:test";
import { captureWithApi } from "./captured-cli.fixture.ts";
import { AT, fakeApi, refuse } from "./fake-api.fixture.ts";

const LINE = { at: AT, life: 2, text: "\u001b[31mno such file\u001b[0m\u001b[2J" };

function logging(dropped = 0) {
  return fakeApi({}, { "servers.logs": () => ({ items: [LINE, { ...LINE, text: "  at foo" }], dropped }) });
}

test("logs shows each line with its time and life; what would move the cursor is written out", async () => {
  const api = logging();
  expect(await captureWithApi(["logs", "server/files"], api)).toEqual({
    exitCode: 0,
    stdout: `${AT}  2  no such file\\x1b[2J\n${AT}  2    at foo\n`,
    stderr: "",
  });
  expect(api.calls).toMatchObject([{ endpoint: "servers.logs", params: { id: "files" }, query: { tail: 100, follow: "false" } }]);
});

test("-o json is the API's answer, and says how many lines are not kept", async () => {
  const { stdout } = await captureWithApi(["logs", "files", "--tail", "7", "-o", "json"], logging(5));
  expect(JSON.parse(stdout)).toEqual({ items: [LINE, { ...LINE, text: "  at foo" }], dropped: 5 });
  const text = await captureWithApi(["logs", "files"], logging(5));
  expect(text.stderr).toBe("… 5 earlier lines are not kept\n");
  expect((await captureWithApi(["logs", "files", "--tail", "2"], logging(5))).stderr).toBe("");
});

test.each([
  [["logs"], 2, "missing required argument 'server'"],
  [["logs", "project/demo"], 2, "A project has no log"],
  [["logs", "sever/files"], 2, "'sever'"],
  [["logs", "server/"], 2, "empty"],
  [["logs", "files", "--tail", "1001"], 2, "--tail '1001' is not a number of lines"],
  [["logs", "files", "--tail=-1"], 2, "--tail '-1'"],
])("%p is refused", async (argv, exitCode, message) => {
  const api = logging();
  const run = await captureWithApi(argv, api);
  expect(run).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining(message) });
  expect(api.calls).toEqual([]);
});

test("what mcpd says of a server that does not run there is said, with its hint", async () => {
  const api = fakeApi(
    {},
    { "servers.logs": () => refuse(412, "SERVER_NOT_RUN_HERE", "No process of server files runs beside this mcpd", "ask there") },
  );
  expect(await captureWithApi(["logs", "server/files"], api)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: No process of server files runs beside this mcpd\nhint: ask there\n",
  });
});

test("-f goes on with lines as they come, tells of those it missed, and an end that nobody asked for is a failure", async () => {
  const asked: string[] = [];
  const lines = [LINE, { at: AT, life: 0, text: "", skipped: 12 }];
  const fetch = async (url: string) => {
    asked.push(url);
    return new Response(lines.map((line) => `data: ${JSON.stringify(line)}\n\n`).join(""));
  };
  const run = await captureWithApi(["logs", "server/files", "-f", "--tail", "1"], { fetch });
  expect(run.stdout).toBe(`${AT}  2  no such file\\x1b[2J\n… 12 lines were missed: this reader was too slow\n`);
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("error: mcpd has ended the stream\nhint: ") });
  expect(asked).toEqual(["http://127.0.0.1:3100/api/v1/servers/files/logs?tail=1&follow=true"]);
  const json = await captureWithApi(["logs", "server/files", "-f", "-o", "json"], { fetch });
  expect(
    json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(lines);
});

test("Ctrl-C ends -f and is no failure", async () => {
  const interrupt = new AbortController();
  const fetch = async () => {
    interrupt.abort();
    throw new DOMException("aborted", "AbortError");
  };
  const run = await captureWithApi(["logs", "files", "-f"], { fetch }, { untilInterrupted: () => interrupt.signal });
  expect(run).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});

import { expect, test } from "bun:test";
import { captureMcpctl, captureRun } from "./captured-cli.fixture.ts";
import { createUpProgram } from "./up-program.ts";

const captureUp = (argv: readonly string[]) => captureRun((output) => createUpProgram({ ...output, up: async () => 7 }), argv);

test("what serves answers as the whole program does", async () => {
  expect(await captureUp(["up", "--api-port", "0", "--gateway-port", "0"])).toEqual({ exitCode: 7, stdout: "", stderr: "" });
  for (const argv of [
    ["up", "--help"],
    ["up", "--api-port", "x"],
    ["up", "--no-such-flag"],
    ["up", "here"],
  ]) {
    expect(await captureUp(argv)).toEqual(await captureMcpctl(argv));
  }
});

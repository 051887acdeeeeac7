import { test } from "bun:test";
import { systemClock } from "../../core/clock.ts";
import { runtimeContract } from "../runtime.contract.ts";
import type { ContainerSpec } from "../runtime.ts";
import { type Behaviour, type FakeCommand, FakeRuntime } from "./fake-runtime.fixture.ts";

runtimeContract("fake", test, async () => {
  const runtime: FakeRuntime = new FakeRuntime({ clock: systemClock, behaviourOf, commandOf: (spec) => commandOf(runtime, spec) });
  const image = "localhost/fake/server:1";
  runtime.addImage(image, { exposedPorts: [8080] });
  return { runtime, image, prefix: "fake" };
});

/** As the program in the real image. */
function behaviourOf({ cmd = [], env }: ContainerSpec): Behaviour {
  const [word, amount] = cmd;
  if (word === "exit") return { exitsWith: Number(amount) };
  const [mode, code] = (env.SERVER_MODE ?? "ok").split(":");
  if (mode === "exit") return { exitsWith: Number(code), complains: `ends with ${code}\n` };
  return { prints: "version 1 listens on 8080\n", ignoresTerm: env.SERVER_IGNORES_TERM !== undefined };
}

function commandOf(runtime: FakeRuntime, spec: ContainerSpec): FakeCommand {
  return ([, word, ...rest], input) => {
    if (word === "print") return { exitCode: 0, stdout: `${rest.join(" ")}\n` };
    if (word === "complain") return { exitCode: 0, stderr: `${rest.join(" ")}\n` };
    if (word === "cat") return { exitCode: 0, stdout: Buffer.from(input).toString() };
    if (word === "env") return { exitCode: 0, stdout: `${spec.env[rest[0] ?? ""]}\n` };
    if (word === "write" && !rest[0]?.startsWith("/scratch")) runtime.touch(spec.name, { kind: "added", path: rest[0] ?? "" });
    return { exitCode: word === "exit" ? Number(rest[0]) : 0 };
  };
}

import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream/upstream-errors.ts";
import { isServerFailure } from "./is-server-failure.ts";

const cases: readonly (readonly [title: string, error: AppError, whenReady: boolean, whenNot: boolean])[] = [
  ["a lost answer", upstreamLost("one", "it exited"), true, true],
  ["a broken protocol", upstreamBroken("one", "no JSON"), true, true],
  ["a fault inside", new AppError("internal", "INTERNAL", "x"), true, true],
  ["a time-out", new AppError("deadline", "CALL_TIMEOUT", "x"), true, false],
  ["a call that could not be sent", upstreamUnavailable("one", "refused"), true, false],
  ["a client that went away", new AppError("canceled", "CALL_CANCELED", "x"), false, false],
  ["a server with too much to do", new AppError("exhausted", "UPSTREAM_BUSY", "x"), false, false],
  ["an address that is not allowed", new AppError("denied", "ADDRESS_NOT_ALLOWED", "x"), false, false],
  ["a caller that mcpd refuses", new AppError("unauthenticated", "MCPD_REFUSED_CALLER", "x"), false, false],
];
test.each(cases)("%s", (_, error, whenReady, whenNot) => {
  expect([isServerFailure(error, true), isServerFailure(error, false)]).toEqual([whenReady, whenNot]);
});

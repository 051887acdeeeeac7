import { expect, test } from "bun:test";
import { tracingSettings } from "./tracing-settings.ts";

const of = (env: Readonly<Record<string, string>>, configured = {}) => tracingSettings(env, configured, "mcplocal");

test("nothing is traced until a collector is named, nor where OpenTelemetry is switched off", () => {
  expect(of({})).toBeUndefined();
  expect(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, { sample_ratio: 0.5 })).toBeUndefined();
  expect(of({ OTEL_SDK_DISABLED: "TRUE", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" })).toBeUndefined();
});

test("the base URL gets the path of traces, a URL for traces alone is taken as it is", () => {
  expect(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/" })).toEqual({
    url: "http://c:4318/v1/traces",
    serviceName: "mcplocal",
    ratio: 1,
    resource: {},
  });
  expect(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://c/otlp" })?.url).toBe("https://c/otlp/v1/traces");
  const both = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://d:4318/take" };
  expect(of(both)?.url).toBe("http://d:4318/take");
});

test("the environment goes before the configuration", () => {
  const configured = { endpoint: "http://file:4318", service_name: "file", sample_ratio: 0.25 };
  expect(of({}, configured)).toEqual({ url: "http://file:4318/v1/traces", serviceName: "file", ratio: 0.25, resource: {} });
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://env:4318",
    OTEL_SERVICE_NAME: "env",
    OTEL_TRACES_SAMPLER_ARG: "0",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=prod%20one, host.name=a,broken,=x,bad=%zz",
  };
  const resource = { "deployment.environment": "prod one", "host.name": "a" };
  expect(of(env, configured)).toEqual({ url: "http://env:4318/v1/traces", serviceName: "env", ratio: 0, resource });
});

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "c:4318" }, "TRACING_ENDPOINT_INVALID", "OTEL_EXPORTER_OTLP_ENDPOINT 'c:4318'"],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "grpc://c" }, "TRACING_ENDPOINT_INVALID", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT 'grpc://c'"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://u:p@c" }, "TRACING_ENDPOINT_INVALID", "OTEL_EXPORTER_OTLP_ENDPOINT is no URL"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_TRACES_SAMPLER_ARG: "1.5" }, "TRACING_RATIO_INVALID", "OTEL_TRACES_SAMPLER_ARG '1.5'"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_TRACES_SAMPLER_ARG: "half" }, "TRACING_RATIO_INVALID", "OTEL_TRACES_SAMPLER_ARG 'half'"],
])("%p is refused as %s", (env, reason, message) => {
  expect(() => of(env)).toThrow(expect.objectContaining({ code: "invalid", reason, message: expect.stringContaining(message) }));
});

import type { TestGateway } from "../../src/gateway/gateway.fixture.ts";
import { gatewayHandler, socketHandler } from "../../src/gateway/http/gateway-handler.ts";
import { bindGatewayPort, bindPort } from "../../src/main/bind-port.ts";

export interface Listener {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** The ways in which requests come over a socket: mcpd's port, and the gateway's own server. */
export const LISTENERS: readonly (readonly [name: string, listen: (gateway: TestGateway) => Listener])[] = [
  [
    "mcpd's port",
    ({ gateway }) => {
      const bound = bindPort({ hostname: "127.0.0.1", port: 0, flag: "--api-port", maxBodyBytes: 1024 * 1024 });
      const handle = gatewayHandler(gateway.pipeline);
      bound.serve((request, address) => handle(request, { address }));
      return { port: bound.server.port ?? 0, stop: () => bound.server.stop(true) };
    },
  ],
  [
    "the gateway's own server",
    ({ gateway }) => {
      const bound = bindGatewayPort({ hostname: "127.0.0.1", port: 0, flag: "--port" }, (thrown) => {
        throw thrown;
      });
      bound.serve(socketHandler(gateway.pipeline));
      return { port: bound.server.port, stop: () => bound.server.stop(true) };
    },
  ],
];

import { connect, type Socket } from "node:net";
import { waitUntil } from "./wait-until.ts";

/** A TCP connection that says exactly the bytes it is told, and keeps what it hears. */
export class RawSocket {
  readonly #socket: Socket;
  heard = "";
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.heard += text;
    });
    // A peer that closes while we still send resets the connection; what it said is what counts.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
    });
  }

  static open(port: number): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new RawSocket(socket)));
      socket.once("error", reject);
    });
  }

  say(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** The status lines heard so far. */
  get statuses(): number[] {
    return [...this.heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  async until(what: string, done: (socket: RawSocket) => boolean): Promise<void> {
    await waitUntil(what, () => done(this));
  }

  close(): void {
    this.#socket.destroy();
  }
}

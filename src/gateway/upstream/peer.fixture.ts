import type { Peer } from "./peer.ts";

let made = 0;

/** A client that a test plays; each is another principal's where nothing else is said. */
export class TestPeer implements Peer {
  readonly principalId: string;
  readonly clientInfo: Peer["clientInfo"];
  readonly capabilities: Peer["capabilities"];
  logLevel: string | undefined;
  listens = false;
  readonly #listeners = new Set<(listens: boolean) => void>();
  readonly #releases = new Set<() => void>();

  constructor({ capabilities = {}, clientInfo, principalId }: Partial<Pick<Peer, "capabilities" | "clientInfo" | "principalId">> = {}) {
    made += 1;
    this.principalId = principalId ?? `token:${made}`;
    this.capabilities = capabilities;
    this.clientInfo = clientInfo;
  }

  /** What is registered with it; nothing may be left where a test ends. */
  get held(): number {
    return this.#listeners.size + this.#releases.size;
  }

  listen(listens: boolean): void {
    this.listens = listens;
    for (const listener of [...this.#listeners]) listener(listens);
  }

  onListening(listener: (listens: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onClose(release: () => void): () => void {
    this.#releases.add(release);
    return () => this.#releases.delete(release);
  }

  close(): void {
    for (const release of [...this.#releases]) release();
    this.#releases.clear();
  }
}

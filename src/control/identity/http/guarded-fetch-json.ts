import { lookup as lookUp } from "node:dns/promises";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { AppError } from "../../../core/app-error.ts";

export interface GuardedFetchOptions {
  /** Whether a connection may go to this address: asked for the one that is dialled. */
  readonly isAllowedAddress: (address: string) => boolean;
  /** The addresses of a host name; absent: as the system resolves it. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Plain http too. */
  readonly allowHttp?: boolean;
  /** Certificates to trust instead of the system's, in PEM. */
  readonly ca?: string;
  readonly maxBytes?: number;
  /** Of everything, from looking the name up to the last byte. */
  readonly timeoutMs?: number;
}

/**
 * Gets JSON from a URL that somebody has configured: over https, from an address that is allowed, without following a
 * redirect. The address that was checked is the one that is dialled (a name may resolve to another one a moment later).
 *
 * The answer throws `denied`/`FETCH_REFUSED` or `unavailable`/`FETCH_FAILED`.
 */
export function guardedFetchJson(options: GuardedFetchOptions): (url: string) => Promise<unknown> {
  const { maxBytes = 256 * 1024, timeoutMs = 5000 } = options;
  return async (text) => {
    const url = parseUrl(text, options.allowHttp === true);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const address = await withSignal(allowedAddress(url.hostname, options), signal);
      return JSON.parse(await bodyOf(await withSignal(responseOf(url, address, options.ca, signal), signal), maxBytes, signal));
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      throw failed(url, signal.aborted ? "it did not answer in time" : "it does not answer with JSON", thrown);
    }
  };
}

function parseUrl(text: string, allowHttp: boolean): URL {
  const url = URL.parse(text);
  const allowed = url !== null && (url.protocol === "https:" || (allowHttp && url.protocol === "http:"));
  if (!allowed || url.username !== "" || url.password !== "") throw refused("only https URLs without a user are fetched");
  return url;
}

async function allowedAddress(host: string, { isAllowedAddress, resolve = systemResolve }: GuardedFetchOptions): Promise<string> {
  const literal = host.replace(/^\[(.*)\]$/, "$1");
  const addresses = isIP(literal) === 0 ? await resolve(literal) : [literal];
  const allowed = addresses.find(isAllowedAddress);
  if (allowed === undefined) throw refused(`${host} leads to no address that may be called`);
  return allowed;
}

async function systemResolve(host: string): Promise<readonly string[]> {
  const found = await lookUp(host, { all: true });
  return found.map(({ address }) => address);
}

function responseOf(url: URL, address: string, ca: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const family = isIP(address);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request: ClientRequest = send(
      url,
      {
        agent: false,
        signal,
        headers: { accept: "application/json" },
        ...(ca === undefined ? {} : { ca }),
        // The host name stays what TLS proves and the Host header says; only where it leads to is settled.
        lookup: (_host, { all }, done) => {
          if (all === true) done(null, [{ address, family }]);
          else done(null, address, family);
        },
      },
      resolve,
    );
    request.once("error", reject);
    request.end();
  });
}

async function bodyOf(response: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
    for await (const chunk of response) {
      signal.throwIfAborted();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error(`over ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What outlives the deadline is left behind; its own end is looked at by nobody. */
function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function refused(why: string): AppError {
  return new AppError("denied", "FETCH_REFUSED", `A URL was not fetched: ${why}`);
}

function failed({ origin, pathname }: URL, why: string, cause: unknown): AppError {
  return new AppError("unavailable", "FETCH_FAILED", `${origin}${pathname} was not fetched: ${why}`, { cause });
}

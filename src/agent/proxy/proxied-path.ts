import { AppError } from "../../core/app-error.ts";

/** What a call through the proxy is for. */
export interface ProxiedPath {
  readonly service: string;
  readonly component: string;
  /** The container's. */
  readonly port: number;
  /** What the component is asked for, with its query; begins with `/`. */
  readonly rest: string;
}

const SHAPE = /^\/c\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})\/([1-9]\d{0,4})(\/[^#]*)?$/;

/** `/c/<service>/<component>/<port>/…`. Undefined: it is no path of the proxy. Throws `not_found`/`PROXY_PATH_UNKNOWN`. */
export function parseProxiedPath(url: string): ProxiedPath | undefined {
  if (!url.startsWith("/c/")) return undefined;
  const [path = "", query] = url.split(/\?(.*)/s, 2);
  const [, service = "", component = "", port, rest = "/"] = SHAPE.exec(path) ?? [];
  const number = Number(port ?? 0);
  if (number >= 1 && number <= 65_535) return { service, component, port: number, rest: query === undefined ? rest : `${rest}?${query}` };
  throw new AppError("not_found", "PROXY_PATH_UNKNOWN", "There is nothing at this path", {
    hint: "it is /c/<service>/<component>/<port>/…",
  });
}

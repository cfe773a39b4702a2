import type { RequestHandler } from "express";

/** The part of a request that says where it goes. */
interface Addressed {
  url?: string | undefined;
  originalUrl?: string;
}

/**
 * Makes `/logs/api/me` and `/api/me` the same, where a proxy has put us under `/logs`: some proxies take the prefix
 * away, others do not. `originalUrl` has it in both cases. True: the request is for `/logs` itself.
 */
export function enterBasePath(request: Addressed, basePath: string): boolean {
  const url = request.url ?? "/";
  const [path = "", query] = url.split("?");
  if (basePath !== "" && path.startsWith(`${basePath}/`)) request.url = url.slice(basePath.length);
  request.originalUrl = `${basePath}${request.url}`;
  if (basePath === "" || path !== basePath) return false;
  request.originalUrl = `${basePath}/${query === undefined ? "" : `?${query}`}`;
  return true;
}

/** Without its last slash, the viewer's address would make all that is relative to it point beside it. */
export function underBasePath(basePath: string): RequestHandler {
  return (request, response, next) => {
    if (enterBasePath(request, basePath)) response.redirect(308, request.originalUrl);
    else next();
  };
}

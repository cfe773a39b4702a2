import type { RequestHandler } from "express";

/** The parts of a request that hold its path. */
interface Addressed {
  url?: string | undefined;
  originalUrl?: string;
}

/**
 * Makes `/logs/api/me` and `/api/me` the same if a proxy serves us under `/logs`: some proxies strip the prefix, others
 * keep it. `originalUrl` then always has it. True: the request is for `/logs` itself.
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

/** Adds the last slash: without it, the page's relative addresses would miss the prefix. */
export function underBasePath(basePath: string): RequestHandler {
  return (request, response, next) => {
    if (enterBasePath(request, basePath)) response.redirect(308, request.originalUrl);
    else next();
  };
}

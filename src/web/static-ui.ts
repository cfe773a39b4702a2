import express, { Router } from "express";

const YEAR_MS = 31_536_000_000;

/** The built viewer: its hashed assets for ever, its page anew each time, and the page for its own routes too. */
export function serveUi(folder: string): Router {
  const router = Router();
  router.use("/assets", express.static(`${folder}/assets`, { immutable: true, maxAge: YEAR_MS, index: false }));
  router.use(express.static(folder, { index: false, cacheControl: false, setHeaders: noCache }));
  router.get("/{*path}", (request, response, next) => {
    const isPage = !/\.\w+$/.test(request.path) && request.accepts("html") === "html";
    if (!isPage) return next();
    noCache(response);
    response.sendFile("index.html", { root: folder, cacheControl: false });
  });
  return router;
}

function noCache(response: { setHeader(name: string, value: string): unknown }): void {
  response.setHeader("Cache-Control", "no-cache");
}

import express, { Router } from "express";

const YEAR_MS = 31_536_000_000;

/** The built viewer: its hashed assets for ever, its page anew each time. Its routes are queries of the one page. */
export function serveUi(folder: string): Router {
  const router = Router();
  router.use("/assets", express.static(`${folder}/assets`, { immutable: true, maxAge: YEAR_MS, index: false }));
  router.use(express.static(folder, { cacheControl: false, setHeaders: noCache }));
  return router;
}

function noCache(response: { setHeader(name: string, value: string): unknown }): void {
  response.setHeader("Cache-Control", "no-cache");
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import express, { Router } from "express";
import { notFound } from "./http-error.ts";

const YEAR_MS = 31_536_000_000;

/**
 * Serves the built viewer: hashed assets cached for ever, the page never. Its routes are queries of the one page.
 *
 * @param basePath Our prefix on the proxy; the page contains it, because its own address may lack the last slash.
 */
export function serveUi(folder: string, basePath: string): Router {
  const router = Router();
  router.use("/assets", express.static(`${folder}/assets`, { immutable: true, maxAge: YEAR_MS, index: false }));
  if (basePath !== "") {
    router.get(["/", "/index.html"], async (_request, response) => {
      const page = await readFile(join(folder, "index.html"), "utf8").catch(() => {
        throw notFound("page");
      });
      noCache(response);
      response.type("html").send(page.replace("<head>", `<head>\n    <base href="${basePath}/" />`));
    });
  }
  router.use(express.static(folder, { cacheControl: false, setHeaders: noCache }));
  return router;
}

function noCache(response: { setHeader(name: string, value: string): unknown }): void {
  response.setHeader("Cache-Control", "no-cache");
}

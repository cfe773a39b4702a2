import { defineConfig } from "vite";

/** During development, `MOCK` names the collector (or the tests' mock) that `vite` proxies to. */
const collector = process.env["MOCK"] ?? "http://127.0.0.1:8514";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: "public",
  build: { outDir: "../dist/ui", emptyOutDir: true, target: "es2023", modulePreload: { polyfill: false } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/api": collector, "/live": { target: collector, ws: true } } },
});

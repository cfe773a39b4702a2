import { defineConfig } from "vite";

/** During development, `MOCK` names the collector (or the tests' mock) that `vite` proxies to. */
const collector = process.env["MOCK"] ?? "http://127.0.0.1:8514";

/**
 * Small modules that three parts of the script share are one part: each part alone costs a request and its own compression.
 * Modules of the fleet stay out, and texts but those of every page: only later parts need them.
 */
const SHARED = {
  name: "base",
  minShareCount: 3,
  maxModuleSize: 6_000,
  test: /\/ui\/src\/(?!list|runs|texts\/e[ns]\/(?!frame))|\/src\/wire\/(?!fleet|board)|preact/,
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: "public",
  build: {
    outDir: "../dist/ui",
    emptyOutDir: true,
    target: "es2023",
    // All parts that a page needs are asked for at once.
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [SHARED] } } },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/api": collector, "/live": { target: collector, ws: true } } },
});

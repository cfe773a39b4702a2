import { defineConfig } from "vite";

/** During development, `MOCK` names the collector (or the tests' mock) that `vite` proxies to. */
const collector = process.env["MOCK"] ?? "http://127.0.0.1:8514";

/**
 * What every page of lines needs, with all that it imports, is one part, which the address asks for first: each part alone
 * costs a request and its own compression. The start of the viewer and what several later parts share of a log are in it: how
 * lines are drawn as well, which the list does without, but most visits go on from there to a log.
 */
const BASE = {
  name: "base",
  test: new RegExp(
    [
      "/ui/src/(main|page-title|redraws|redraw-clock|keys|use-page-keys|execution-key|place-of|text/segments|board/board-order)[.]ts",
      "/ui/src/list/(state-badge|start-time|execution-words)[.]ts",
      "/ui/src/log/feed/(discard-words|cursor-moves|make-row|line-states|terminal)[.]ts",
      "/ui/src/log/view/(row-segments|line-text|use-terminal)[.]ts",
      "/ui/src/(use-redraw|use-part|texts/en/log|text/(text-matches|paint|contrast|links))[.]ts",
      "/src/text/(level/level-of|time/shift-time)[.]ts",
      "/src/text/screen/escape-parser[.]ts",
    ].join("|"),
  ),
};

/** Other small modules that three parts of the script share. Modules of the fleet stay out: few parts need them. */
const SHARED = {
  name: "shared",
  minShareCount: 3,
  maxModuleSize: 6_000,
  test: /\/ui\/src\/(?!list|runs|search-field|texts\/e[ns]\/(?!frame))|\/src\/wire\/(?!fleet|board)/,
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
    rolldownOptions: { output: { codeSplitting: { groups: [BASE, SHARED] } } },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/api": collector, "/live": { target: collector, ws: true } } },
});

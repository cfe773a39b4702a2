import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** mlctl in a few files instead of a hundred: each command is one, and what several need; a person waits for every one. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  logLevel: "warn",
  build: {
    ssr: "src/bin/mlctl-main.ts",
    outDir: "dist/src/bin",
    emptyOutDir: false,
    target: "node20",
    minify: true,
    rollupOptions: {
      output: { format: "es", entryFileNames: "mlctl-main.mjs", chunkFileNames: "mlctl-parts/[name].mjs" },
    },
  },
});

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

/** mlrun as one CommonJS file: it starts as fast as bare node, while forty modules would take 8 ms more. */
export default defineConfig({
  root,
  define: { MLRUN_VERSION: JSON.stringify(version) },
  logLevel: "warn",
  build: {
    ssr: "src/bin/mlrun.ts",
    outDir: "dist/src/bin",
    emptyOutDir: false,
    target: "node20",
    minify: true,
    rollupOptions: {
      output: {
        format: "cjs",
        entryFileNames: "mlrun.cjs",
        codeSplitting: false,
        banner: "#!/usr/bin/env node",
      },
    },
  },
});

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ClosingLine } from "./support/closing-line.ts";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/{unit,integration,e2e}/**/*.test.ts"],
    setupFiles: ["test/support/setup-cleanup.ts"],
    reporters: ["default", new ClosingLine()],
    // Files run in processes of their own: some tests send signals, and native add-ons are loaded once a process.
    pool: "forks",
    // One more than CI has cores: half of the tests wait for rsyslogd's timers, not for a processor.
    maxWorkers: 3,
    // Nothing waits on purpose: these only end what hangs. Starting rsyslogd with TLS on a busy machine takes seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

import type { Reporter, TestModule } from "vitest/node";

/**
 * Prints why tests were skipped and, as the very last line, "N passed, N failed, N skipped": CI reads that line.
 *
 * A file that does not load, and an error outside of any test, count as failures.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed" || result.state === "failed") counts[result.state] += 1;
        else counts.skipped += 1;
        if (result.state !== "skipped") continue;
        const reason = result.note ?? "no reason given";
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    // The default reporter writes its summary after this hook; nothing is written after the process's exit event.
    process.once("exit", () => {
      for (const [reason, count] of reasons) process.stdout.write(`skipped ${count}: ${reason}\n`);
      process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
    });
  }
}

import { expect, test } from "vitest";
import { CertificateExpiry } from "../../src/host/certificate-expiry.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { metric } from "../support/ingest-site.ts";

const DAY_MS = 86_400_000;
const VALID_TO_MS = Date.UTC(2026, 11, 31);

test("warns once a day, with the right figures, when the machine's clock is set back by years", async () => {
  const clock = { nowMs: 1_000, wallMs: VALID_TO_MS - 20 * DAY_MS };
  const warned: unknown[] = [];
  const metrics = createMetrics();
  const expiry = new CertificateExpiry({
    log: { event: (_severity, _what, fields) => void warned.push(fields?.["days"]) },
    audit: { record: () => {} },
    metrics,
    nowMs: () => clock.nowMs,
    wallMs: () => clock.wallMs,
  });
  expiry.watch(() => [{ kind: "ca", serial: "1", validToMs: VALID_TO_MS }]);
  expect(warned).toEqual([20]);
  // An administrator corrects a clock that was a year ahead at the start.
  clock.wallMs -= 5 * DAY_MS;
  clock.nowMs += DAY_MS;
  expiry.check();
  expect(warned).toEqual([20, 25]);
  expect(await metric({ metrics }, "ml_certificate_expiry_seconds")).toBe((25 * DAY_MS) / 1_000);
});

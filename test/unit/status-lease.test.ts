import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { StatusLease } from "../../src/agent/status/status-lease.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("reports at once and each second, until a lease after the last request", () => {
  const report = vi.fn();
  const lease = new StatusLease(report);
  vi.advanceTimersByTime(60_000);
  expect(report).toHaveBeenCalledTimes(0);
  lease.renew();
  vi.advanceTimersByTime(10_000);
  expect(report).toHaveBeenCalledTimes(11);
  lease.renew();
  vi.advanceTimersByTime(60_000);
  expect(report).toHaveBeenCalledTimes(11 + 15);
  expect(vi.getTimerCount()).toBe(0);
  lease.renew();
  lease.end();
  vi.advanceTimersByTime(60_000);
  expect(report).toHaveBeenCalledTimes(11 + 15 + 1);
});

import type { ApiClient } from "../support/api-client.ts";
import { quantile } from "./statistics.ts";

interface ApiTimes {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly slowestMs: number;
}

/** Times of answers to their last byte, requested one after the other. */
export async function apiTimes(api: ApiClient, paths: readonly string[]): Promise<ApiTimes> {
  const times: number[] = [];
  for (const path of paths) {
    const startedAt = performance.now();
    await api.json(path);
    times.push(performance.now() - startedAt);
  }
  return { firstMs: times[0] ?? Number.NaN, medianMs: quantile(times, 0.5), slowestMs: Math.max(...times) };
}

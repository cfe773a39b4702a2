import { readFileSync } from "node:fs";
import { Peers } from "../fleet/peers/peers.ts";
import type { Config } from "../host/config.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { readPrivateWord } from "../host/private-file.ts";

/** The joined collectors; undefined without any. Reads their tokens and authorities; throws where one cannot be used. */
export function peersOf(
  { peers: configured }: Pick<Config, "peers">,
  parts: { readonly id: string; readonly log: Log; readonly metrics: Metrics; readonly nowMs: () => number },
): Peers | undefined {
  if (configured.size === 0) return undefined;
  const peers = [...configured].map(([name, { url, tokenFile, caFile }]) => {
    try {
      const ca = caFile === undefined ? undefined : readFileSync(caFile, "utf8");
      return { name, url, token: readPrivateWord(tokenFile), ca };
    } catch (error) {
      throw new Error(`Cannot use peers.${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return new Peers({ peers, ...parts });
}

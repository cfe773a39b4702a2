import { parseOrder } from "../../wire/fleet/order.ts";
import { isFinal } from "../../wire/fleet/states.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Seen } from "./look.ts";

/** Removes folders of runs that ended and expired long enough ago, if the collector has stored the end. Returns their number. */
export function sweep(
  journal: Journal,
  { nowMs, look, forget }: { nowMs: number; look(name: RunName): Seen | undefined; forget(name: RunName): void },
): number {
  let removed = 0;
  for (const name of journal.all()) {
    const seen = look(name);
    const order = journal.order(name);
    const parsed = order === undefined || order === "damaged" ? undefined : parseOrder(order.signed.order);
    const isOver = seen !== undefined && isFinal(seen.state) && journal.wasTold(name, seen.state);
    // A decision without its order: the order can still come, for as long as an order may live.
    const expires = parsed?.expires ?? (seen === undefined ? nowMs : seen.at + AGENT_LIMITS.keepCancelMs);
    const keepMs = parsed?.kind === "call" ? AGENT_LIMITS.keepCallMs : AGENT_LIMITS.keepFolderMs;
    const isOld = nowMs > Math.max(expires, seen?.at ?? nowMs) + keepMs;
    if (!isOver || !isOld) continue;
    journal.remove(name, { expires: parsed?.expires ?? 0, issued: parsed?.issued ?? 0 });
    forget(name);
    removed += 1;
  }
  return removed;
}

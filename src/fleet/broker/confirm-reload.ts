import { setTimeout as pause } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { asRecord, parseJson } from "../../wire/record.ts";

const ACCOUNTS = "$SYS.REQ.SERVER.PING.ACCOUNTZ";
const ANSWER_WITHIN_MS = 2_000;
const ASK_AGAIN_AFTER_MS = 20;
const CONFIRM_WITHIN_MS = 15_000;
/** Interval of repeated requests: systemd may miss a change while it handles the previous one. */
const RELOAD_AGAIN_AFTER_MS = 2_000;

/** Resolves once the broker knows an account: then the configuration that names it is in force. `again` asks for that. */
export async function confirmAccount(
  system: NatsConnection,
  account: string,
  { again }: { again(): void },
): Promise<void> {
  const untilMs = performance.now() + CONFIRM_WITHIN_MS;
  let againAtMs = performance.now() + RELOAD_AGAIN_AFTER_MS;
  for (;;) {
    if (await hasAccount(system, account)) return;
    if (performance.now() > untilMs) throw new Error(`the broker did not confirm it within ${CONFIRM_WITHIN_MS} ms`);
    if (performance.now() > againAtMs) {
      again();
      againAtMs += RELOAD_AGAIN_AFTER_MS;
    }
    await pause(ASK_AGAIN_AFTER_MS);
  }
}

async function hasAccount(system: NatsConnection, account: string): Promise<boolean> {
  try {
    const answer = await system.request(ACCOUNTS, JSON.stringify({ account }), { timeout: ANSWER_WITHIN_MS });
    return asRecord(asRecord(parseJson(answer.string()))?.["data"])?.["account_detail"] !== undefined;
  } catch {
    // The broker restarts, or the connection is not open yet: ask again.
    return false;
  }
}

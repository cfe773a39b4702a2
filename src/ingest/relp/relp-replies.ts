import { writeNumber } from "../../frame/write-number.ts";
import { MAX_RELP_DIGITS, MAX_TXNR } from "../../wire/relp-numbers.ts";

const SPACE = 0x20;
const RESPONSE = Buffer.from(" rsp 6 200 OK\n");

/** The answer to `open`: version 0 and the only command accepted. */
export function openReply(txnr: number): string {
  const offers = "200 OK\nrelp_version=0\nrelp_software=marcologger\ncommands=syslog";
  return `${txnr} rsp ${Buffer.byteLength(offers)} ${offers}\n`;
}

/** The answer to `close`, and the server's own close. */
export function closeReply(txnr: number): string {
  return `${txnr} rsp 0\n0 serverclose 0\n`;
}

/**
 * Acknowledgements of `count` consecutive commands up to `lastTxnr`, in order and exactly one each, in one buffer: a
 * duplicate breaks the sender's session, and one write each would cost more than parsing.
 */
export function acknowledgements(lastTxnr: number, count: number): Buffer {
  const target = Buffer.allocUnsafe(count * (MAX_RELP_DIGITS + RESPONSE.length));
  let at = 0;
  for (let i = count - 1; i >= 0; i -= 1) {
    const txnr = lastTxnr - i;
    at = writeNumber(target, at, txnr > 0 ? txnr : txnr + MAX_TXNR);
    for (let r = 0; r < RESPONSE.length; r += 1) target[at + r] = RESPONSE[r] ?? SPACE;
    at += RESPONSE.length;
  }
  return target.subarray(0, at);
}

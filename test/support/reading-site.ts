import { fakeExecution } from "./envelopes.ts";
import { openRelay } from "./ingest-site.ts";
import { RemoteMlctl } from "./remote-mlctl.ts";
import { startSearchSite } from "./search-site.ts";

/** A colour, then sequences that would clear the screen, set a title, query the terminal and hide text. */
export const HOSTILE = "\u001b[31mred\u001b[0m \u001b[2J\u001b]0;owned\u0007\u001b[6n\u009b2K\u0007\u202eend";
export const DRIVES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const INTRODUCER = "\u001b[";

/** The text without colours, line ends and tabs. */
export function plain(text: string): string {
  const [first = "", ...parts] = text.split(INTRODUCER);
  const others = parts.map((part) => (/^[0-9;]*m/.test(part) ? part.replace(/^[0-9;]*m/, "") : INTRODUCER + part));
  return [first, ...others].join("").replace(/[\n\t]/g, "");
}

/** A collector with two executions of alice and one of bob, and alice's mlctl. */
export async function startReadingSite() {
  const site = await startSearchSite();
  const relay = await openRelay(site.on);
  const mlctl = await RemoteMlctl.signedIn(site.web.origin, "alice");
  // Their ids differ only in the last characters, so that a beginning fits both.
  const train = fakeExecution({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW", job: "train", node: "gpu1" });
  const other = fakeExecution({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PX", job: "other", node: "gpu2" });
  const bobs = fakeExecution({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PY" });
  await relay.send(
    train.begin({ user: "trainer", labels: { rank: "3" }, argv: ["/bin/train.sh", "a b"] }),
    train.lines(1, ["one", "two error"]),
    train.lines(3, ["a long er"], { fragment: true }),
    train.lines(4, ["ror here", HOSTILE]),
    train.lines(6, ["on stderr"], { stderr: true }),
    train.lines(7, ["prompt? "], { fragment: true }),
    train.end(7, { code: 3 }),
    other.begin(),
    other.lines(1, ["another Error", "\u00e9t\u00e9 caf\u00e9"]),
    other.end(2),
    bobs.begin({}, 1002),
    bobs.lines(1, ["bob's error"]),
  );
  return { site, relay, mlctl, train, other };
}

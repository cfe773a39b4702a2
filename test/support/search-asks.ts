import { parseSearchEvent, type SearchEvent } from "../../src/wire/search-event.ts";
import { fakeExecution } from "./envelopes.ts";
import { type IngestSite, openRelay } from "./ingest-site.ts";
import { type SearchSite, startSearchSite } from "./search-site.ts";
import { type Browser, signedIn } from "./web.ts";

/** A site for searches, with Alice signed in. */
export async function startSearch(
  options: Parameters<typeof startSearchSite>[0] = {},
): Promise<SearchSite & { readonly alice: Browser }> {
  const site = await startSearchSite(options);
  return { ...site, alice: await signedIn(site.web.origin, "alice") };
}

/** All events of a search in everything, unless the body says where. */
export async function ask(browser: Browser, body: Record<string, unknown>): Promise<SearchEvent[]> {
  const answer = await browser.post("/api/search", { what: { all: true }, ...body });
  if (answer.status !== 200) throw new Error(`Answered with ${answer.status}: ${answer.text}`);
  return answer.text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const event = parseSearchEvent(JSON.parse(line));
      if (event === undefined) throw new Error(`Not an event: ${line}`);
      return event;
    });
}

/** Lines that a search shows: hits and their context. */
export function shownIn(events: readonly SearchEvent[]): (readonly [string, number, string | undefined])[] {
  return events.flatMap((event) =>
    event.t === "hit" || event.t === "context" ? [[event.t, event.n, event.text] as const] : [],
  );
}

/** A running execution: pieces of a line, late lines, a hole (6 is missing), an open line at its end. */
export async function disorderly(on: IngestSite, uid = 0): Promise<ReturnType<typeof fakeExecution>> {
  const one = fakeExecution({ job: "train" });
  const relay = await openRelay(on);
  await relay.send(
    one.begin({ labels: { rank: "3" }, run: "r1" }, uid),
    one.lines(1, ["one"]),
    one.lines(4, ["a long er"], { fragment: true }),
    one.lines(5, ["ror here"]),
    one.lines(2, ["late error", "three"]),
    one.lines(7, ["Error on stderr"], { stderr: true }),
    one.lines(8, ["prompt error? "], { fragment: true }),
  );
  return one;
}

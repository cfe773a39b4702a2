import { once } from "node:events";
import { Router } from "express";
import { parseJson } from "../wire/record.ts";
import { parseSearchEvent, type SearchEvent } from "../wire/search-event.ts";
import { SearchRefusal } from "../wire/search-refusal.ts";
import { parseSearchRequest, SEARCH_REQUEST_LIMITS } from "../wire/search-request.ts";
import type { RecordRead } from "./admin-reads.ts";
import { clientGone } from "./client-gone.ts";
import { FoundText } from "./found-text.ts";
import { badRequest } from "./http-error.ts";
import type { Archive, Search } from "./ports.ts";
import { Query } from "./query.ts";
import { ownersOf, refusalOf } from "./search-api.ts";
import type { UserPlaces } from "./user-places.ts";
import type { ViewerOf } from "./viewers.ts";

interface SearchDownloadApiOptions {
  readonly search: Search;
  readonly archive: Pick<Archive, "read">;
  readonly places: UserPlaces;
  readonly viewerOf: ViewerOf;
  readonly recordRead: RecordRead;
}

/** A search in an address: node:http accepts 16 KiB of headers, and each character may need three there. */
const MAX_SEARCH_CHARACTERS = 8_192;
const NEWLINE = 0x0a;
const HEADERS = {
  "Content-Disposition": 'attachment; filename="lines.txt"',
  "Content-Type": "text/plain; charset=utf-8",
  "X-Accel-Buffering": "no",
} as const;

/**
 * `GET /api/search-text`: the lines that a search finds, as a text file. `form=timed` puts time and node before each.
 * If a search ends early, the last line says so.
 */
export function createSearchDownloadApi(options: SearchDownloadApiOptions): Router {
  const { search, archive, places, viewerOf, recordRead } = options;
  const router = Router();
  router.get("/search-text", async (request, response) => {
    const gone = clientGone(response);
    const viewer = await viewerOf(request, "search");
    const query = new Query(request.query);
    const form = query.word("form", "bare or timed", (word) =>
      word === "bare" || word === "timed" ? word : undefined,
    );
    const body = parseJson(query.text("search", MAX_SEARCH_CHARACTERS) ?? "");
    const asked = parseSearchRequest(body);
    if ("problem" in asked) throw badRequest(`search: ${asked.problem}`, asked.named);
    places.check(viewer.uid);
    if (request.method === "HEAD") {
      response.set(HEADERS).end();
      return;
    }
    const leave = places.take(viewer.uid);
    try {
      const { maxHits: limit } = SEARCH_REQUEST_LIMITS;
      const whole = { ...asked, before: 0, after: 0, show: "lines", limit, buckets: false, from: undefined } as const;
      const events = search.run(viewer, { ...whole, place: undefined }, gone);
      const text = new FoundText({ archive, viewer, isTimed: form === "timed" });
      for await (const event of eventsOf(events)) {
        if (!response.headersSent) {
          recordRead(viewer, request, ownersOf(asked));
          response.set(HEADERS).flushHeaders();
        }
        for await (const bytes of text.of(event)) {
          if (!response.write(bytes)) await once(response, "drain", { signal: gone });
        }
      }
      response.end();
    } catch (error) {
      // The client has gone: there is no one left to answer.
      if (gone.aborted) return;
      throw error instanceof SearchRefusal ? refusalOf(error) : error;
    } finally {
      leave();
    }
  });
  return router;
}

/** Events of a search, which come as whole lines. */
async function* eventsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SearchEvent> {
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; ) {
      const end = piece.indexOf(NEWLINE, from);
      const to = end < 0 ? piece.length : end;
      const event = parseSearchEvent(parseJson(Buffer.from(piece.subarray(from, to)).toString()));
      if (event !== undefined) yield event;
      from = to + 1;
    }
  }
}

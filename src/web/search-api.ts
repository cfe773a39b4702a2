import { once } from "node:events";
import { type Response, Router } from "express";
import { SearchRefusal } from "../wire/search-refusal.ts";
import { parseSearchRequest, type SearchRequest } from "../wire/search-request.ts";
import type { RecordRead } from "./admin-reads.ts";
import { clientGone } from "./client-gone.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { Search } from "./ports.ts";
import type { ViewerOf } from "./viewers.ts";

interface SearchApiOptions {
  readonly search: Search;
  readonly viewerOf: ViewerOf;
  readonly recordRead: RecordRead;
}

/** When to try again after a refusal for lack of room. */
const RETRY_AFTER_SECONDS = 5;

/** `POST /api/search`: lines of JSON as they are found. The search ends with the connection. */
export function createSearchApi({ search, viewerOf, recordRead }: SearchApiOptions): Router {
  const router = Router();
  router.post("/search", async (request, response) => {
    const gone = clientGone(response);
    const viewer = await viewerOf(request, "search");
    const asked = parseSearchRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem, asked.named);
    try {
      const events = search.run(viewer, asked, gone);
      await send(response, { events, gone, onFirst: () => recordRead(viewer, request, ownersOf(asked)) });
    } catch (error) {
      // The client has gone: there is no one left to answer.
      if (gone.aborted) return;
      throw error instanceof SearchRefusal ? refusalOf(error) : error;
    }
  });
  return router;
}

/** Sends events as fast as the client takes them. Nothing is sent before the first: until then it may be refused. */
async function send(
  response: Response,
  options: { events: AsyncIterable<Uint8Array>; gone: AbortSignal; onFirst: () => void },
): Promise<void> {
  const { events, gone, onFirst } = options;
  for await (const each of events) {
    if (!response.headersSent) {
      onFirst();
      // A proxy must not wait for the end (nginx, "proxy_buffering").
      response.set({ "Content-Type": "application/x-ndjson; charset=utf-8", "X-Accel-Buffering": "no" });
    }
    if (!response.write(each)) await once(response, "drain", { signal: gone });
  }
  response.end();
}

/** Whose executions a search may read. */
export function ownersOf({ what }: SearchRequest): readonly string[] | "all" {
  return what.owner === undefined ? "all" : [what.owner];
}

/** A refused search as an answer. */
export function refusalOf({ why, message, problem }: SearchRefusal): HttpError {
  switch (why) {
    case "missing":
      return notFound();
    case "busy":
      return new HttpError({ status: 429, code: "too_many", message, problem, retryAfterSeconds: RETRY_AFTER_SECONDS });
    case "unavailable":
      return new HttpError({ status: 503, code: "unavailable", message, problem });
    default:
      return badRequest(message, problem);
  }
}

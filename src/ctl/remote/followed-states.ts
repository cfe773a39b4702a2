import { setTimeout as pause } from "node:timers/promises";
import { parseJson } from "../../wire/record.ts";
import { CtlError } from "../command.ts";
import { ApiRefusal, type ApiRequest, type Collector, isAway, linesOf } from "./collector.ts";

/** In a row. */
const MAX_ATTEMPTS = 60;
const TRY_AGAIN_AFTER_MS = 1_000;

/**
 * Lines of JSON of an answer, each a state, until its signal or as long as somebody takes them. An answer that is cut, or ends, is
 * asked for again. @param parse undefined for what it does not understand
 */
export async function* followedStates<T>(
  collector: Collector,
  request: ApiRequest,
  parse: (value: unknown) => T | undefined,
): AsyncGenerator<T> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    try {
      for await (const line of linesOf(await collector.send(request))) {
        const state = parse(parseJson(line));
        if (state === undefined) throw new CtlError(`${collector.url} answers what this mlctl does not understand`);
        attempt = 1;
        yield state;
      }
    } catch (error) {
      if (request.signal?.aborted === true) return;
      // Other refusals are final.
      const isPassing = isAway(error) || (error instanceof ApiRefusal && error.status === 429);
      if (!isPassing || attempt === MAX_ATTEMPTS) throw error;
    }
    await pause(TRY_AGAIN_AFTER_MS);
  }
}

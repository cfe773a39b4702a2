import { findRequest } from "./find-request.ts";
import { Finder, type FinderOptions } from "./finder.ts";
import { MatchFeed, type MatchFeedOptions } from "./match-feed.ts";

/** The search code: a separate part of the script, loaded with the first search. */
export interface FindEngine {
  readonly findRequest: typeof findRequest;
  readonly finder: (options: FinderOptions) => Finder;
  readonly matchFeed: (options: MatchFeedOptions) => MatchFeed;
}

export const FIND_ENGINE: FindEngine = {
  findRequest,
  finder: (options) => new Finder(options),
  matchFeed: (options) => new MatchFeed(options),
};

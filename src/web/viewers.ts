import type { Request } from "express";
import type { TokenScope } from "../wire/token.ts";
import type { Viewer } from "../wire/viewer.ts";
import { HttpError, signInFirst } from "./http-error.ts";
import type { CodeOwner } from "./login-codes.ts";
import type { Sessions } from "./sessions.ts";

/**
 * What a request must show: a token of this scope, or a session of the viewer, which may do everything. `anyone`
 * accepts any token, `session` none.
 */
type Need = TokenScope | "anyone" | "session";

/** Determines the viewer of a request; used everywhere. Throws an HttpError if it has none. */
export type ViewerOf = (request: Request, need: Need) => Promise<Viewer>;

export function createViewerOf(options: {
  readonly sessions: Pick<Sessions, "tokens" | "ownerOf">;
  readonly toViewer: (owner: CodeOwner) => Promise<Viewer>;
  /** Remembers that the user has signed in from this address. */
  readonly remember: (address: string, user: string) => void;
}): ViewerOf {
  const { sessions, toViewer, remember } = options;
  return async (request, need) => {
    const token = sessions.tokens.of(request);
    if (token === "none")
      throw new HttpError({ status: 401, code: "unauthorized", message: "The token is not valid, or has ended" });
    if (token !== undefined) {
      if (need !== "anyone" && !token.scopes.some((scope) => scope === need)) {
        const message = need === "session" ? "No token may do this: sign in" : `The token may not ${need}`;
        throw new HttpError({ status: 403, code: "scope", message });
      }
      return toViewer(token.owner);
    }
    const owner = sessions.ownerOf(request);
    if (owner === undefined) throw signInFirst();
    remember(request.ip ?? "", owner.user);
    return toViewer(owner);
  };
}

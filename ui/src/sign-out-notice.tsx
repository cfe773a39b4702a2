import type { JSX } from "preact";
import { frame } from "./texts/en/frame.ts";

interface SignOutNoticeProps {
  /** Undefined when there is nothing to show. */
  readonly problem: string | undefined;
  readonly onRetry: () => void;
}

/** Warns that signing out failed and the session continues. */
export function SignOutNotice({ problem, onRetry }: SignOutNoticeProps): JSX.Element {
  return (
    <div role="alert">
      {problem === undefined ? null : (
        <span class="notice">
          {frame.stillSignedIn(problem)}
          <button type="button" class="plain" onClick={onRetry}>
            {frame.signOutAgain}
          </button>
        </span>
      )}
    </div>
  );
}

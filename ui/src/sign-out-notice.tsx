import type { JSX } from "preact";

interface SignOutNoticeProps {
  /** Undefined when there is nothing to show. */
  readonly problem: string | undefined;
  readonly onRetry: () => void;
}

/** Warns that signing out failed and the session goes on. */
export function SignOutNotice({ problem, onRetry }: SignOutNoticeProps): JSX.Element {
  return (
    <div role="alert">
      {problem === undefined ? null : (
        <span class="notice">
          You are still signed in: {problem}.
          <button type="button" class="plain" onClick={onRetry}>
            Sign out again
          </button>
        </span>
      )}
    </div>
  );
}

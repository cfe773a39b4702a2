import type { JSX } from "preact";

interface SignOutNoticeProps {
  /** Undefined: there is nothing to say. */
  readonly problem: string | undefined;
  readonly onRetry: () => void;
}

/** Says that the session goes on although one wanted to end it. */
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

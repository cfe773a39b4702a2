import type { JSX } from "preact";

/** In the place of lines that are on their way. An invisible text loads their fonts. */
export function NoLinesYet(): JSX.Element {
  return (
    <div class="log-frame">
      <div class="log unseen" aria-hidden="true">
        0<b>0</b>
      </div>
    </div>
  );
}

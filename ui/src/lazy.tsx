import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { frame } from "./texts/en/frame.ts";

interface LazyProps<P> {
  /** Loads a part of the script; always the same function for the same part. */
  readonly load: () => Promise<ComponentType<P>>;
  readonly props: P;
  /** Shown until the part is loaded. */
  readonly waiting: JSX.Element | null;
}

/** Loaded parts by their loader; shown at once from the second time on. */
const loaded = new Map<unknown, unknown>();

/** Loads a part that will soon be shown. A failure is shown where the part would be. */
export function loadSoon(load: () => Promise<unknown>): void {
  load().then(
    (found) => loaded.set(load, found),
    () => undefined,
  );
}

/** A part of the page whose script is loaded when it is first shown, so that the first page need not wait for all. */
export function Lazy<P extends object>({ load, props, waiting }: LazyProps<P>): JSX.Element | null {
  const [Page, setPage] = useState<ComponentType<P> | undefined>(
    () => loaded.get(load) as ComponentType<P> | undefined,
  );
  const [isFailed, setFailed] = useState(false);
  // After the rest of the page is painted.
  useEffect(() => {
    if (Page !== undefined) return;
    load().then(
      (found) => {
        loaded.set(load, found);
        setPage(() => found);
      },
      () => setFailed(true),
    );
  }, [load, Page]);
  if (Page !== undefined) return <Page {...props} />;
  if (!isFailed) return waiting;
  return (
    <div class="page centred" role="alert">
      <h2>{frame.partMissing}</h2>
      <p class="quiet">{frame.partMissingWhy}</p>
      <button type="button" class="primary" onClick={() => location.reload()}>
        {frame.reload}
      </button>
    </div>
  );
}

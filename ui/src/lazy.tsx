import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { frame } from "./texts/en/frame.ts";

interface LazyProps<P> {
  /** A part of the script: always the same function for the same part. */
  readonly load: () => Promise<ComponentType<P>>;
  readonly props: P;
  /** In its place until it is there. */
  readonly waiting: JSX.Element | null;
}

/** Parts by how they are loaded: shown at once from the second time on. */
const loaded = new Map<unknown, unknown>();

/** Loads a part that will soon be shown. If that fails, it is shown in its place. */
export function loadSoon(load: () => Promise<unknown>): void {
  load().then(
    (found) => loaded.set(load, found),
    () => undefined,
  );
}

/** A part of the page whose script is loaded when it is first shown: the first page of a visit must not wait for all. */
export function Lazy<P extends object>({ load, props, waiting }: LazyProps<P>): JSX.Element | null {
  const [Page, setPage] = useState<ComponentType<P> | undefined>(
    () => loaded.get(load) as ComponentType<P> | undefined,
  );
  const [isFailed, setFailed] = useState(false);
  // After what else the page shows is painted.
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

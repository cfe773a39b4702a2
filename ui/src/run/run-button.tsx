import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import type { ApiClient } from "../api-client.ts";
import type { Navigation } from "../navigation.ts";
import { RunDialog } from "./run-dialog.tsx";

export interface RunButtonProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly me: Me;
}

/** Opens the Run dialogue. Nothing where the collector has no fleet. */
export function RunButton({ api, navigation, me }: RunButtonProps): JSX.Element | null {
  const [hasFleet, setHasFleet] = useState(false);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    void api.fleet().then(({ ok }) => setHasFleet(ok));
  }, [api]);
  // A link in the dialogue leads to what is behind it.
  useEffect(() => setOpen(false), [navigation.place]);
  if (!hasFleet) return null;
  return (
    <>
      <button type="button" class="plain" title="Starts a command on nodes" onClick={() => setOpen(true)}>
        Run
      </button>
      <RunDialog api={api} navigation={navigation} me={me} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

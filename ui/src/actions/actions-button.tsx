import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import type { Navigation } from "../navigation.ts";
import type { Thing } from "./thing.ts";

interface ActionsButtonProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly thing: Thing;
}

type Dialog = typeof import("./actions-dialog.tsx").ActionsDialog;

/** Opens what can be done with something; the dialogue is loaded when it is first wanted. */
export function ActionsButton(props: ActionsButtonProps): JSX.Element {
  const [loaded, setLoaded] = useState<{ readonly Dialog: Dialog } | undefined>(undefined);
  const open = async (): Promise<void> => {
    const { ActionsDialog } = await import("./actions-dialog.tsx");
    setLoaded({ Dialog: ActionsDialog });
  };
  return (
    <>
      <button
        type="button"
        class="plain"
        title="Notifications, download, keep, share, delete"
        onClick={() => void open()}
      >
        Actions
      </button>
      {loaded === undefined ? null : <loaded.Dialog {...props} onClose={() => setLoaded(undefined)} />}
    </>
  );
}

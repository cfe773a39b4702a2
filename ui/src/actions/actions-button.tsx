import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import type { Navigation } from "../navigation.ts";
import { frame } from "../texts/en/frame.ts";
import { head as t } from "../texts/en/head.ts";
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
  const [problem, setProblem] = useState("");
  const open = async (): Promise<void> => {
    setProblem("");
    try {
      const { ActionsDialog } = await import("./actions-dialog.tsx");
      setLoaded({ Dialog: ActionsDialog });
    } catch {
      setProblem(frame.partFailed);
    }
  };
  return (
    <>
      <button type="button" class="plain outlined" title={t.actionsTitle} onClick={() => void open()}>
        {t.actions}
      </button>
      <span role="alert" class="problem">
        {problem}
      </span>
      {loaded === undefined ? null : <loaded.Dialog {...props} onClose={() => setLoaded(undefined)} />}
    </>
  );
}

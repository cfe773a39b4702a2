import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import type { ApiClient } from "../api-client.ts";
import type { Navigation } from "../navigation.ts";
import { frame } from "../texts/en/frame.ts";

interface RunButtonProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly me: Me;
}

type Dialog = typeof import("./run-dialog.tsx").RunDialog;

/** Opens the Run dialogue of a collector's fleet, which is loaded when it is first wanted. */
export function RunButton({ api, navigation, me }: RunButtonProps): JSX.Element {
  const [loaded, setLoaded] = useState<{ readonly Dialog: Dialog } | undefined>(undefined);
  const [problem, setProblem] = useState("");
  const [isOpen, setOpen] = useState(false);
  // A link in the dialogue leads to what is behind it.
  useEffect(() => setOpen(false), [navigation.place]);
  const open = async (): Promise<void> => {
    setProblem("");
    try {
      const { RunDialog } = await import("./run-dialog.tsx");
      setLoaded({ Dialog: RunDialog });
      setOpen(true);
    } catch {
      setProblem(frame.partFailed);
    }
  };
  return (
    <>
      <button type="button" class="plain" title={frame.runButtonTitle} onClick={() => void open()}>
        {frame.runButton}
      </button>
      <span role="alert" class="problem">
        {problem}
      </span>
      {loaded === undefined ? null : (
        <loaded.Dialog api={api} navigation={navigation} me={me} isOpen={isOpen} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import type { ApiClient } from "../api-client.ts";
import type { Navigation } from "../navigation.ts";
import { frame } from "../texts/en/frame.ts";
import { useLoadedDialog } from "../use-loaded-dialog.ts";

interface RunButtonProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly me: Me;
}

const load = () => import("./run-dialog.tsx").then(({ RunDialog }) => RunDialog);

/** Opens the Run dialogue of a collector's fleet. */
export function RunButton({ api, navigation, me }: RunButtonProps): JSX.Element {
  const { Dialog, isOpen, problem, open, close } = useLoadedDialog(load);
  // A link in the dialogue leads to a page behind it.
  useEffect(close, [navigation.place]);
  return (
    <>
      <button type="button" class="plain" title={frame.runButtonTitle} onClick={() => void open()}>
        {frame.runButton}
      </button>
      <span role="alert" class="problem">
        {problem}
      </span>
      {Dialog === undefined ? null : (
        <Dialog api={api} navigation={navigation} me={me} isOpen={isOpen} onClose={close} />
      )}
    </>
  );
}

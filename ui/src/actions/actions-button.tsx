import type { JSX } from "preact";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import type { Navigation } from "../navigation.ts";
import { head as t } from "../texts/en/head.ts";
import { useLoadedDialog } from "../use-loaded-dialog.ts";
import type { Thing } from "./thing.ts";

interface ActionsButtonProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly thing: Thing;
}

const load = () => import("./actions-dialog.tsx").then(({ ActionsDialog }) => ActionsDialog);

/** Opens the actions for an execution, a run or a job. */
export function ActionsButton(props: ActionsButtonProps): JSX.Element {
  const { Dialog, isOpen, problem, open, close } = useLoadedDialog(load);
  return (
    <>
      <button type="button" class="plain outlined" title={t.actionsTitle} onClick={() => void open()}>
        {t.actions}
      </button>
      <span role="alert" class="problem">
        {problem}
      </span>
      {Dialog === undefined || !isOpen ? null : <Dialog {...props} onClose={close} />}
    </>
  );
}

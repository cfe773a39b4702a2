import "../styles/actions.css";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import type { Navigation } from "../navigation.ts";
import { TellSection } from "../tell/tell-section.tsx";
import { visibleText } from "../text/visible-control.ts";
import { actions } from "../texts/en/actions.ts";
import { frame } from "../texts/en/frame.ts";
import { LIST } from "../url-state.ts";
import { ActionsClient } from "./actions-client.ts";
import { DeleteSection } from "./delete-section.tsx";
import { DownloadSection } from "./download-section.tsx";
import { KeepSection } from "./keep-section.tsx";
import { ShareSection } from "./share-section.tsx";
import { type Thing, thingWords } from "./thing.ts";

interface ActionsDialogProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly thing: Thing;
  readonly onClose: () => void;
}

/** Actions on an execution, a run or a job. Things shared by others can only be read. */
export function ActionsDialog({ api, live, navigation, thing, onClose }: ActionsDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const client = useMemo(() => new ActionsClient(api), [api]);
  const [me, setMe] = useState<Me | undefined>(undefined);
  useEffect(() => {
    dialog.current?.showModal();
    void api.me().then((answer) => {
      if (answer.ok) setMe(answer.value);
    });
  }, [api]);
  const isOwn = me?.user === thing.owner;
  return (
    <dialog ref={dialog} class="actions-dialog" aria-labelledby="actions-title" onClose={onClose}>
      <header>
        <h2 id="actions-title">{visibleText(thingWords(thing))}</h2>
        <span class="spring" />
        <button type="button" class="plain" onClick={onClose}>
          {frame.close}
        </button>
      </header>
      <TellSection api={api} live={live} thing={thing} />
      <DownloadSection thing={thing} />
      {isOwn || me?.admin === true ? <KeepSection client={client} thing={thing} user={me.user} /> : null}
      {isOwn ? <ShareSection client={client} thing={thing} /> : null}
      {isOwn || me?.admin === true ? (
        <DeleteSection client={client} thing={thing} onGone={() => navigation.go(LIST)} />
      ) : null}
      {me !== undefined && !isOwn && !me.admin ? <p class="quiet">{actions.shared(thing.owner)}</p> : null}
    </dialog>
  );
}

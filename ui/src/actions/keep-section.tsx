import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import { useAnswer } from "../account/use-answer.ts";
import { actions as t } from "../texts/en/actions.ts";
import type { ActionsClient } from "./actions-client.ts";
import { isOn, type Thing } from "./thing.ts";

interface KeepSectionProps {
  readonly client: ActionsClient;
  readonly thing: Thing;
  readonly user: string;
}

/** Keeps something from being deleted, or lets it go again. */
export function KeepSection({ client, thing, user }: KeepSectionProps): JSX.Element {
  const { value: holds, problem, act } = useAnswer(useCallback(() => client.holds(thing.owner), [client, thing.owner]));
  const hold = holds?.find((each) => isOn(thing, each));
  const isAdmins = hold?.by === "admin" && user === thing.owner;
  return (
    <section aria-labelledby="actions-keep">
      <h3 id="actions-keep">{t.keep}</h3>
      <p>{hold === undefined ? t.goes : isAdmins ? t.keptByAdmin : t.keptBy(hold.user)}</p>
      {holds === undefined || isAdmins ? null : hold === undefined ? (
        <button type="button" class="primary" onClick={() => act(client.keep(thing))}>
          {t.keepIt}
        </button>
      ) : (
        <button type="button" class="primary" onClick={() => act(client.release(thing))}>
          {t.releaseIt}
        </button>
      )}
      <p role="alert" class="problem">
        {problem}
      </p>
    </section>
  );
}

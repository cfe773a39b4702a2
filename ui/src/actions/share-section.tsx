import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import type { Share } from "../../../src/wire/share.ts";
import { useAnswer } from "../account/use-answer.ts";
import { localDate } from "../local-date.ts";
import { actions as t } from "../texts/en/actions.ts";
import type { ActionsClient } from "./actions-client.ts";
import { isOn, type Thing } from "./thing.ts";

/** Lets a user or a group read something until a day, and revokes that. */
export function ShareSection(props: { readonly client: ActionsClient; readonly thing: Thing }): JSX.Element {
  const { client, thing } = props;
  const { value, problem, act } = useAnswer(useCallback(() => client.shares(), [client]));
  const shares = value?.shares.filter(({ what }) => isOn(thing, what)) ?? [];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const fields = new FormData(form);
    const name = String(fields.get("name"));
    const last = String(fields.get("until"));
    // Until the end of that day, in the browser's time zone.
    const until = last === "" ? undefined : new Date(`${last}T23:59:59.999`).toISOString().replace("Z", "000Z");
    act(client.share(thing, { with: fields.get("kind") === "group" ? { group: name } : { user: name }, until }));
    form.reset();
  };
  return (
    <section aria-labelledby="actions-share">
      <h3 id="actions-share">{t.share}</h3>
      <ul>
        {shares.map((share) => (
          <li key={share.id}>
            <span>{shareWords(share)}</span>
            <button type="button" class="plain" onClick={() => act(client.unshare(share.id))}>
              {t.takeBack}
              <span class="for-screen-readers">{t.takeBackFrom(shareWords(share))}</span>
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={submit}>
        <label>
          {t.with}
          <select name="kind">
            <option value="user">{t.user}</option>
            <option value="group">{t.group}</option>
          </select>
        </label>
        <label>
          {t.name}
          <input name="name" required maxLength={32} autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          {t.until}
          <input name="until" type="date" min={new Date().toISOString().slice(0, 10)} />
        </label>
        <button type="submit" class="primary">
          {t.shareIt}
        </button>
      </form>
      <p role="alert" class="problem">
        {problem}
      </p>
    </section>
  );
}

function shareWords({ with: to, until }: Share): string {
  const whom = "user" in to ? t.sharedWithUser(to.user) : t.sharedWithGroup(to.group);
  return until === null ? t.untilTakenBack(whom) : t.untilDay(whom, localDate(Date.parse(until)));
}

import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import type { Share } from "../../../src/wire/share.ts";
import { useAnswer } from "../account/use-answer.ts";
import { localDate } from "../local-date.ts";
import type { ActionsClient } from "./actions-client.ts";
import { isOn, type Thing } from "./thing.ts";

/** Lets a user or a group read something until a day, and takes it back. */
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
    // The day counts to its end, where the reader is.
    const until = last === "" ? undefined : new Date(`${last}T23:59:59.999`).toISOString().replace("Z", "000Z");
    act(client.share(thing, { with: fields.get("kind") === "group" ? { group: name } : { user: name }, until }));
    form.reset();
  };
  return (
    <section aria-labelledby="actions-share">
      <h3 id="actions-share">Share, to read only</h3>
      <ul>
        {shares.map((share) => (
          <li key={share.id}>
            <span>{shareWords(share)}</span>
            <button type="button" class="plain" onClick={() => act(client.unshare(share.id))}>
              Take back<span class="for-screen-readers"> from {shareWords(share)}</span>
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={submit}>
        <label>
          With
          <select name="kind">
            <option value="user">user</option>
            <option value="group">group</option>
          </select>
        </label>
        <label>
          Name
          <input name="name" required maxLength={32} autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          Until
          <input name="until" type="date" min={new Date().toISOString().slice(0, 10)} />
        </label>
        <button type="submit" class="primary">
          Share
        </button>
      </form>
      <p role="alert" class="problem">
        {problem}
      </p>
    </section>
  );
}

function shareWords({ with: to, until }: Share): string {
  const whom = "user" in to ? `user ${to.user}` : `group ${to.group}`;
  return `${whom}, ${until === null ? "until you take it back" : `until ${localDate(Date.parse(until))}`}`;
}

import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { type NewToken, TOKEN_LIMITS, TOKEN_SCOPES } from "../../../src/wire/token.ts";
import { copyText } from "../copy-text.ts";
import { localDate } from "../local-date.ts";
import { account as t } from "../texts/en/account.ts";
import { frame } from "../texts/en/frame.ts";
import type { AccountClient } from "./account-client.ts";
import { useAnswer } from "./use-answer.ts";

const USUAL_DAYS = 90;
const DAY_MS = 86_400_000;

/** Creates tokens for programs, shows each once, and revokes them. */
export function Tokens({ client }: { readonly client: AccountClient }): JSX.Element {
  const { value: tokens, problem, act, refresh } = useAnswer(useCallback(() => client.tokens(), [client]));
  return (
    <section class="card-section" aria-labelledby="tokens">
      <h2 id="tokens">{t.tokens}</h2>
      <p role="alert" class="problem">
        {problem}
      </p>
      {tokens?.length === 0 ? <p class="quiet">{t.noTokens}</p> : null}
      <ul>
        {tokens?.map(({ id, name, scopes, expiresAt, usedAt }) => (
          <li key={id}>
            <b>{name}</b>
            <span class="quiet">
              {t.tokenUntil(scopes.map((scope) => t.scopes[scope]).join(", "), localDate(Date.parse(expiresAt)))}
              {usedAt === null ? t.neverUsed : t.lastUsed(localDate(Date.parse(usedAt)))}
            </span>
            <span class="spring" />
            <button type="button" class="plain" onClick={() => act(client.endToken(id))}>
              {t.revoke}
              <span class="for-screen-readers"> {name}</span>
            </button>
          </li>
        ))}
      </ul>
      <TokenForm client={client} onMade={refresh} />
    </section>
  );
}

function TokenForm({ client, onMade }: { readonly client: AccountClient; readonly onMade: () => void }): JSX.Element {
  const [made, setMade] = useState<NewToken | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [said, setSaid] = useState("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const fields = new FormData(form);
    const scopes = TOKEN_SCOPES.filter((scope) => fields.has(scope));
    if (scopes.length === 0) return setProblem(t.chooseScope);
    const days = daysUntil(String(fields.get("until")));
    const answer = await client.makeToken({ name: String(fields.get("name")), scopes, days });
    setProblem(answer.ok ? undefined : answer.message);
    setSaid("");
    if (!answer.ok) return;
    setMade(answer.value);
    form.reset();
    onMade();
  };
  const copy = async (token: string): Promise<void> => {
    setSaid((await copyText(token)) ? frame.copied : t.cannotCopy);
  };
  return (
    <>
      {made === undefined ? null : (
        <div class="new-token" role="status">
          <p>{t.copyNow}</p>
          <code>{made.token}</code>
          <button type="button" class="primary" onClick={() => void copy(made.token)}>
            {frame.copy}
          </button>
          <button type="button" class="plain" onClick={() => setMade(undefined)}>
            {t.hide}
          </button>
          <span>{said}</span>
        </div>
      )}
      <form class="token-form" onSubmit={(event) => void submit(event)}>
        <label>
          {t.name}
          <input name="name" required maxLength={TOKEN_LIMITS.maxNameCharacters} placeholder={t.nameExample} />
        </label>
        <label>
          {t.until}
          <input
            name="until"
            type="date"
            required
            min={dateIn(1)}
            max={dateIn(TOKEN_LIMITS.maxDays - 1)}
            defaultValue={dateIn(USUAL_DAYS)}
          />
        </label>
        <fieldset>
          <legend>{t.may}</legend>
          {TOKEN_SCOPES.map((scope) => (
            <label key={scope}>
              <input type="checkbox" name={scope} defaultChecked={scope === "read"} /> {t.scopes[scope]}
            </label>
          ))}
        </fieldset>
        <button type="submit" class="primary">
          {t.make}
        </button>
        <p role="alert" class="problem">
          {problem}
        </p>
      </form>
    </>
  );
}

/** `2026-11-30`, as date fields expect it. */
function dateIn(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

function daysUntil(date: string): number {
  const days = Math.ceil((Date.parse(date) - Date.now()) / DAY_MS);
  return Math.min(TOKEN_LIMITS.maxDays, Math.max(1, days));
}

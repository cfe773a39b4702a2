import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { type NewToken, TOKEN_LIMITS, TOKEN_SCOPES, type TokenScope } from "../../../src/wire/token.ts";
import { copyText } from "../copy-text.ts";
import { localDate } from "../local-date.ts";
import type { AccountClient } from "./account-client.ts";
import { useAnswer } from "./use-answer.ts";

const SCOPE_WORDS: Readonly<Record<TokenScope, string>> = {
  read: "read lists and lines",
  search: "search",
  keep: "keep and release",
  delete: "delete",
  share: "share",
  run: "start commands on nodes",
};
const USUAL_DAYS = 90;
const DAY_MS = 86_400_000;

/** Tokens for programs: made here, shown once, ended here. */
export function Tokens({ client }: { readonly client: AccountClient }): JSX.Element {
  const { value: tokens, problem, act, refresh } = useAnswer(useCallback(() => client.tokens(), [client]));
  return (
    <section class="card-section" aria-labelledby="tokens">
      <h2 id="tokens">Tokens for programs</h2>
      <p role="alert" class="problem">
        {problem}
      </p>
      {tokens?.length === 0 ? <p class="quiet">There is none. mlctl login makes one as well.</p> : null}
      <ul>
        {tokens?.map(({ id, name, scopes, expiresAt, usedAt }) => (
          <li key={id}>
            <b>{name}</b>
            <span class="quiet">
              {scopes.map((scope) => SCOPE_WORDS[scope]).join(", ")}; until {localDate(Date.parse(expiresAt))},{" "}
              {usedAt === null ? "never used" : `last used ${localDate(Date.parse(usedAt))}`}
            </span>
            <span class="spring" />
            <button type="button" class="plain" onClick={() => act(client.endToken(id))}>
              Revoke<span class="for-screen-readers"> {name}</span>
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
    if (scopes.length === 0) return setProblem("Choose at least one thing that the token may do");
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
    setSaid((await copyText(token)) ? "Copied" : "The browser refuses to copy: select it by hand");
  };
  return (
    <>
      {made === undefined ? null : (
        <div class="new-token" role="status">
          <p>Copy it now: it is not shown again.</p>
          <code>{made.token}</code>
          <button type="button" class="primary" onClick={() => void copy(made.token)}>
            Copy
          </button>
          <button type="button" class="plain" onClick={() => setMade(undefined)}>
            Hide
          </button>
          <span>{said}</span>
        </div>
      )}
      <form class="token-form" onSubmit={(event) => void submit(event)}>
        <label>
          Name
          <input name="name" required maxLength={TOKEN_LIMITS.maxNameCharacters} placeholder="nightly report" />
        </label>
        <label>
          Until
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
          <legend>It may</legend>
          {TOKEN_SCOPES.map((scope) => (
            <label key={scope}>
              <input type="checkbox" name={scope} defaultChecked={scope === "read"} /> {SCOPE_WORDS[scope]}
            </label>
          ))}
        </fieldset>
        <button type="submit" class="primary">
          Make a token
        </button>
        <p role="alert" class="problem">
          {problem}
        </p>
      </form>
    </>
  );
}

/** `2026-11-30`, as date fields take it. */
function dateIn(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

function daysUntil(date: string): number {
  const days = Math.ceil((Date.parse(date) - Date.now()) / DAY_MS);
  return Math.min(TOKEN_LIMITS.maxDays, Math.max(1, days));
}

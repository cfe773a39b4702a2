import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Thing } from "../actions/thing.ts";
import { after } from "../after.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import { markOf } from "../page-title.ts";
import { visibleText } from "../text/visible-control.ts";
import { tell as t } from "../texts/en/tell.ts";
import { MAX_WISHES, Teller } from "./teller.ts";
import type { Notice, Wish } from "./wish.ts";

interface TellSectionProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly thing: Thing;
}

const EVENTS = ["end", "failure", "silence"] as const;
const MAX_MATCH_CHARACTERS = 200;

/** One per tab: wishes outlive the page on which they were made. */
const tellers = new WeakMap<LiveClient, Teller>();

/** Sets up the browser's notifications, while the tab is open. */
export function TellSection({ api, live, thing }: TellSectionProps): JSX.Element {
  const teller = tellers.get(live) ?? new Teller({ api, live, after, notify });
  tellers.set(live, teller);
  const [, redraw] = useState(0);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const fields = new FormData(event.currentTarget);
    const match = String(fields.get("match")).trim();
    const [end, failure, silence] = EVENTS.map((name) => fields.has(name));
    if (!end && !failure && !silence && match === "") return setProblem(t.choose);
    if (!isAble()) return setProblem(t.unable);
    // Missing on a page without TLS, except on localhost.
    const permission = "Notification" in window ? await Notification.requestPermission() : "denied";
    setProblem(permission === "granted" ? undefined : t.refused);
    if (permission !== "granted") return;
    const wish = { thing, end: end === true, failure: failure === true, silence: silence === true, match };
    if (!teller.add(wish)) setProblem(t.tooMany(MAX_WISHES));
    redraw((count) => count + 1);
  };
  const forget = (wish: Wish): void => {
    teller.remove(wish);
    redraw((count) => count + 1);
  };
  return (
    <section aria-labelledby="actions-tell">
      <h3 id="actions-tell">{t.title}</h3>
      <ul>
        {teller.of(thing).map((wish, index) => (
          <li key={index}>
            <span>{t.youHear(wishWords(wish))}</span>
            <button type="button" class="plain" onClick={() => forget(wish)}>
              {t.noLonger}
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={(event) => void submit(event)}>
        {EVENTS.map((name) => (
          <label key={name} class="tick">
            <input type="checkbox" name={name} defaultChecked={name !== "silence"} />
            {t.when(t.events[name])}
          </label>
        ))}
        <label>
          {t.orLineHas}
          <input name="match" maxLength={MAX_MATCH_CHARACTERS} spellcheck={false} />
        </label>
        <button type="submit" class="primary">
          {t.title}
        </button>
      </form>
      <p role="alert" class="problem">
        {problem}
      </p>
    </section>
  );
}

function wishWords(wish: Wish): string {
  const events = EVENTS.filter((name) => wish[name]).map((name) => t.events[name]);
  return [...events, ...(wish.match === "" ? [] : [t.lineHas(visibleText(wish.match))])].join(t.or);
}

/** False in Chrome for Android, which has notifications but throws: it allows them to service workers only. */
function isAble(): boolean {
  if (!("Notification" in window)) return true;
  try {
    new Notification("", { silent: true }).close();
    return true;
  } catch {
    return false;
  }
}

function notify({ title, body, state }: Notice): void {
  const options = { body: visibleText(body), icon: `icon-${state}.svg` };
  const notification = new Notification(visibleText(`${markOf(state)} ${title}`), options);
  notification.addEventListener("click", () => window.focus());
}

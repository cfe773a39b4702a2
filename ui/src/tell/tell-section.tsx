import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Thing } from "../actions/thing.ts";
import { after } from "../after.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import { markOf } from "../page-title.ts";
import { visibleText } from "../text/visible-control.ts";
import { MAX_WISHES, Teller } from "./teller.ts";
import type { Notice, Wish } from "./watch.ts";

interface TellSectionProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly thing: Thing;
}

const EVENTS = [
  ["end", "it has ended"],
  ["failure", "one fails"],
  ["silence", "one falls silent"],
] as const;
const MAX_MATCH_CHARACTERS = 200;
const REFUSED = "The browser allows this page no notifications: allow them in its settings";

const UNABLE = "This browser shows no notifications of an open page: open it in a browser on a computer";

/** One for the tab: wishes outlive the page on which they were made. */
const tellers = new WeakMap<LiveClient, Teller>();

/** Notifications of the browser, while the tab is open. */
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
    const [end, failure, silence] = EVENTS.map(([name]) => fields.has(name));
    if (!end && !failure && !silence && match === "") return setProblem("Choose what you want to hear of");
    if (!isAble()) return setProblem(UNABLE);
    // Missing on a page without TLS, except on localhost.
    const permission = "Notification" in window ? await Notification.requestPermission() : "denied";
    setProblem(permission === "granted" ? undefined : REFUSED);
    if (permission !== "granted") return;
    const wish = { thing, end: end === true, failure: failure === true, silence: silence === true, match };
    if (!teller.add(wish))
      setProblem(`This tab has ${MAX_WISHES} wishes already: take one back with "No longer" first`);
    redraw((count) => count + 1);
  };
  const forget = (wish: Wish): void => {
    teller.remove(wish);
    redraw((count) => count + 1);
  };
  return (
    <section aria-labelledby="actions-tell">
      <h3 id="actions-tell">Tell me</h3>
      <ul>
        {teller.of(thing).map((wish, index) => (
          <li key={index}>
            <span>You hear when {wishWords(wish)}, while this tab is open</span>
            <button type="button" class="plain" onClick={() => forget(wish)}>
              No longer
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={(event) => void submit(event)}>
        {EVENTS.map(([name, words]) => (
          <label key={name} class="tick">
            <input type="checkbox" name={name} defaultChecked={name !== "silence"} /> when {words}
          </label>
        ))}
        <label>
          or a line has
          <input name="match" maxLength={MAX_MATCH_CHARACTERS} spellcheck={false} />
        </label>
        <button type="submit" class="primary">
          Tell me
        </button>
      </form>
      <p role="alert" class="problem">
        {problem}
      </p>
    </section>
  );
}

function wishWords(wish: Wish): string {
  const events = EVENTS.filter(([name]) => wish[name]).map(([, words]) => words);
  return [...events, ...(wish.match === "" ? [] : [`a line has "${visibleText(wish.match)}"`])].join(", or ");
}

/** Chrome for Android has them, but throws: it allows them to service workers only. What is shown is closed at once. */
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

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isForField } from "../../keys.ts";
import { log as t } from "../../texts/en/log.ts";
import type { LogPlace } from "../../url-state.ts";
import { usePageKeys } from "../../use-page-keys.ts";
import type { Direction } from "./direction.ts";

interface FindFieldProps {
  readonly place: Pick<LogPlace, "q" | "find" | "how">;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly onStep: (direction: Direction) => void;
}

type Mode = "find" | "filter";

/** Pause in typing before the text takes effect. */
const PAUSE_MS = 250;

/**
 * One field for two uses: Find goes from match to match, Filter shows only matches. Ctrl-F and `/` open Find, `&` opens
 * Filter; Enter and Shift-Enter go to the next and the previous match.
 */
export function FindField({ place, adjust, onStep }: FindFieldProps): JSX.Element {
  const [mode, setMode] = useState<Mode>(place.q !== "" && place.find === "" ? "filter" : "find");
  const value = mode === "find" ? place.find : place.q;
  const [typed, setTyped] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const told = useRef(value);
  const commit = (text: string): void => {
    if (text === told.current) return;
    told.current = text;
    // A place in the address would suppress the jump to the first match, so clears it.
    adjust(mode === "find" ? { find: text, line: 0, lineTo: 0, top: "" } : { q: text });
  };
  const latest = useRef(commit);
  latest.current = commit;
  useLayoutEffect(() => {
    // The address changed elsewhere (Back, a chip): show it.
    if (value !== told.current) setTyped(value);
    told.current = value;
  }, [value]);
  useEffect(() => {
    const timer = setTimeout(() => latest.current(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const choose = (next: Mode): void => {
    if (next === mode) return;
    // The typed text moves to the other mode.
    setMode(next);
    told.current = typed;
    adjust(next === "find" ? { find: typed, q: "" } : { q: typed, find: "" });
  };
  const open = (next: Mode): void => {
    // An active filter stays, so that Find searches its lines.
    if (next !== mode) {
      setMode(next);
      told.current = next === "find" ? place.find : place.q;
      setTyped(told.current);
    }
    field.current?.focus();
    field.current?.select();
  };
  usePageKeys((event) => {
    const isBrowsersFind = event.key.toLowerCase() === "f" && (event.ctrlKey || event.metaKey) && !event.altKey;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !isForField(event);
    if (!isBrowsersFind && !(isPlain && (event.key === "/" || event.key === "&"))) return;
    event.preventDefault();
    open(event.key === "&" ? "filter" : "find");
  });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      event.preventDefault();
      const isNew = typed !== told.current;
      commit(typed);
      if (!isNew && mode === "find") onStep(event.shiftKey ? "previous" : "next");
    } else if (event.key === "Escape") {
      event.preventDefault();
      document.querySelector<HTMLElement>(".scroller")?.focus();
    }
  };
  const isRegex = /^\/(?:[^/\\]|\\.)+\/$/.test(typed);
  const toggleRegex = (): void => {
    const text = isRegex
      ? typed.slice(1, -1).replaceAll("\\/", "/")
      : `/${typed.replace(/\\.|\//g, (part) => (part === "/" ? "\\/" : part))}/`;
    setTyped(typed === "" ? "" : text);
  };
  const toggle = (flag: "c" | "w"): void => {
    adjust({ how: place.how.includes(flag) ? place.how.replace(flag, "") : place.how + flag });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is unknown to browsers from before 2023
    <div class="find-field" role="search">
      <fieldset class="choice">
        <legend class="for-screen-readers">{t.findMode}</legend>
        {(["find", "filter"] as const).map((each) => (
          <label key={each} title={each === "find" ? t.findTitle : t.filterTitle}>
            <input type="radio" name="find-mode" checked={mode === each} onChange={() => choose(each)} />
            <span>{t[each]}</span>
          </label>
        ))}
      </fieldset>
      <input
        ref={field}
        type="search"
        aria-label={mode === "find" ? t.findAll : t.filterAll}
        placeholder={mode === "find" ? t.findPlaceholder : t.filterPlaceholder}
        title={t.findHelp}
        value={typed}
        maxLength={1_000}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <Toggle name={t.matchCase} text="Aa" isOn={place.how.includes("c")} onToggle={() => toggle("c")} />
      <Toggle name={t.wholeWords} text="W" isOn={place.how.includes("w")} onToggle={() => toggle("w")} />
      <Toggle name={t.regex} text=".*" isOn={isRegex} onToggle={toggleRegex} />
    </div>
  );
}

interface ToggleProps {
  readonly name: string;
  readonly text: string;
  readonly isOn: boolean;
  readonly onToggle: () => void;
}

function Toggle({ name, text, isOn, onToggle }: ToggleProps): JSX.Element {
  return (
    <button type="button" class="find-toggle" aria-pressed={isOn} aria-label={name} title={name} onClick={onToggle}>
      {text}
    </button>
  );
}

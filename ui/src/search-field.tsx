import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isForField } from "./keys.ts";
import { usePageKeys } from "./use-page-keys.ts";

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly maxLength?: number;
  /** Focused at once: the page's main purpose. */
  readonly isFocused?: boolean;
  readonly onChange: (value: string) => void;
}

/** Pause in typing before the text takes effect. */
const PAUSE_MS = 180;

/** A text filter. `/` focuses it from anywhere on the page; Escape clears and leaves it. */
export function SearchField({
  label,
  placeholder,
  value,
  maxLength,
  isFocused = false,
  onChange,
}: SearchFieldProps): JSX.Element {
  const [typed, setTyped] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const told = useRef(value);
  // Keeps the latest callback without restarting the pause on each redraw.
  const report = useRef(onChange);
  report.current = onChange;
  useLayoutEffect(() => {
    // The address changed elsewhere (Back, "Clear the filters"): show it.
    if (value !== told.current) setTyped(value);
    told.current = value;
  }, [value]);
  useEffect(() => {
    if (typed === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = typed;
      report.current(typed);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if (isFocused) field.current?.focus();
  }, []);
  usePageKeys((event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || isForField(event)) return;
    event.preventDefault();
    field.current?.focus();
    field.current?.select();
  });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    setTyped("");
    field.current?.blur();
  };
  return (
    <label class="search-field">
      <span class="for-screen-readers">{label}</span>
      <input
        ref={field}
        type="search"
        placeholder={placeholder}
        title={`${label} ( / )`}
        value={typed}
        maxLength={maxLength}
        spellcheck={false}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={onKey}
      />
    </label>
  );
}

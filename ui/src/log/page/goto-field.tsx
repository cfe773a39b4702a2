import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { frame } from "../../texts/en/frame.ts";
import { log as t } from "../../texts/en/log.ts";
import type { Goto, GotoScope } from "./parse-goto.ts";

interface GotoFieldProps {
  /** Called when something is typed. */
  readonly scope: () => GotoScope;
  readonly onGo: (to: Exclude<Goto, { is: "problem" }>) => void;
}

/** A line, a time or a part of the log to go to. `:` opens it with its content selected. */
export function GotoField({ scope, onGo }: GotoFieldProps): JSX.Element {
  const [problem, setProblem] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const typed = String(new FormData(event.currentTarget).get("line"));
    if (typed.trim() === "") return;
    void read(typed);
  };
  const read = async (typed: string): Promise<void> => {
    const part = await import("./parse-goto.ts").catch(() => undefined);
    if (part === undefined) return setProblem(frame.partFailed);
    const to = part.parseGoto(typed, scope());
    setProblem(to.is === "problem" ? to.problem : "");
    if (to.is === "problem") return;
    onGo(to);
    document.querySelector<HTMLElement>(".scroller")?.focus();
  };
  return (
    <form class="line-field" onSubmit={submit}>
      <label>
        <span class="for-screen-readers">{t.goTo}</span>
        <input
          name="line"
          data-goto=""
          placeholder={t.goToPlaceholder}
          title={t.goToTitle}
          autocomplete="off"
          aria-invalid={problem !== ""}
          onInput={() => setProblem("")}
        />
      </label>
      {problem === "" ? null : (
        <span class="goto-problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Refusal } from "./api/json-client.ts";
import type { ApiClient, Credentials } from "./api-client.ts";
import { Icon } from "./icon.tsx";
import { login } from "./texts/en/login.ts";
import { ThemeButton } from "./top-bar.tsx";

export interface LoginPageProps {
  readonly api: ApiClient;
  /** Why the user has to sign in again, if there is a reason to show. */
  readonly reason: string | undefined;
  readonly onSignedIn: () => void;
}

export function LoginPage({ api, reason, onSignedIn }: LoginPageProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [step, setStep] = useState<Step | undefined>(undefined);
  const [isCapsLock, setCapsLock] = useState(false);
  const waitSeconds = useCountdown();
  const password = useRef<HTMLInputElement>(null);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    const answer = await api.login(credentialsOf(form, step));
    setBusy(false);
    if (answer.ok) return onSignedIn();
    setStep(answer.step === undefined ? undefined : { ...answer.step, prompt: promptWords(answer.message) });
    if (answer.step !== undefined) return;
    setProblem(describe(answer));
    if (answer.status === 429) waitSeconds.start(answer.retryAfterSeconds ?? 60);
    password.current?.select();
  };

  const waiting = waitSeconds.left > 0;
  return (
    <main class="page login">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>
          <Icon name="brand" /> marcologger
        </h1>
        <p class="quiet">{login.lead}</p>
        {reason === undefined ? null : <p class="note">{reason}</p>}
        {step === undefined ? (
          <>
            <label>
              {login.user}
              <input name="user" autocomplete="username" autocapitalize="none" spellcheck={false} required autofocus />
            </label>
            <label>
              {login.password}
              <input
                ref={password}
                name="password"
                type="password"
                autocomplete="current-password"
                required
                onKeyDown={(event) => setCapsLock(event.getModifierState("CapsLock"))}
                onKeyUp={(event) => setCapsLock(event.getModifierState("CapsLock"))}
              />
            </label>
            <p role="status" class="caps-lock">
              {isCapsLock ? login.capsLock : ""}
            </p>
          </>
        ) : (
          <label key={step.token} for="reply">
            {step.prompt}
            {step.isEcho ? (
              <input id="reply" name="reply" type="text" autocomplete="one-time-code" required autofocus />
            ) : (
              <input id="reply" name="reply" type="password" autocomplete="one-time-code" required autofocus />
            )}
          </label>
        )}
        <p role="alert" class="problem">
          {problem}
          {waiting ? login.tryAgainIn(waitSeconds.left) : ""}
        </p>
        <button type="submit" class="primary" disabled={busy || waiting}>
          {busy ? login.checking : login.signIn}
        </button>
      </form>
      <ThemeButton />
    </main>
  );
}

/** A further prompt after the password. */
interface Step {
  readonly token: string;
  readonly prompt: string;
  readonly isEcho: boolean;
}

/** Usual prompts of PAM modules in the page's language; others as PAM words them. */
function promptWords(prompt: string): string {
  const asked = prompt
    .trim()
    .replace(/\s*:$/, "")
    .replace(/ for `.*'$/, "");
  return new Map(Object.entries(login.prompts)).get(asked.toLowerCase()) ?? prompt;
}

function credentialsOf(form: FormData, step: Step | undefined): Credentials {
  if (step !== undefined) return { step: step.token, reply: String(form.get("reply")) };
  return { user: String(form.get("user")), password: String(form.get("password")) };
}

function describe(refusal: Refusal): string {
  if (refusal.status === 401) return login.wrong;
  if (refusal.status === 429) return login.tooMany;
  if (refusal.status === 0) return login.unreached;
  if (refusal.status >= 500) return login.unavailable;
  return refusal.message;
}

function useCountdown(): { readonly left: number; start(seconds: number): void } {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  return { left, start: setLeft };
}

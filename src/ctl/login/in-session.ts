import { safeText } from "../../host/safe-text.ts";
import { asRecord } from "../../wire/record.ts";
import { CtlError } from "../command.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import type { Prompter } from "./prompter.ts";

/** A session of the viewer, which may do what no token may. */
export interface Session {
  readonly collector: Collector;
  /** What a request of this session carries. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs in, works, and signs out. */
export async function inSession<T>(
  collector: Collector,
  login: { readonly credentials: Record<string, string>; readonly prompter: Prompter },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const cookie = await signIn(collector, login.credentials, login.prompter);
  const headers = { cookie, origin: new URL(collector.url).origin };
  try {
    return await work({ collector, headers });
  } finally {
    (await collector.send({ method: "POST", path: "/logout", body: {}, headers })).resume();
  }
}

/** Returns the cookie of a new session. Asks what PAM wants besides the password. */
async function signIn(collector: Collector, credentials: Record<string, string>, prompter: Prompter): Promise<string> {
  for (let body = credentials; ; ) {
    try {
      const answer = await collector.send({ method: "POST", path: "/login", body });
      answer.resume();
      const cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0];
      if (cookie === undefined) throw new CtlError(`${collector.url} does not answer as a collector does`);
      return cookie;
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      const { step, isEcho } = asRecord(error.body) ?? {};
      if (error.reason === "denied" && "code" in credentials)
        throw new CtlError("The code is wrong, or it was used or has ended");
      if (error.reason !== "second_step" || typeof step !== "string") throw error;
      body = { step, reply: await prompter.ask(safeText(error.message), { isEcho: isEcho === true }) };
    }
  }
}

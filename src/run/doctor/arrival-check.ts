import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Account, parseAccount } from "../../wire/account.ts";
import { parseExecution } from "../../wire/api.ts";
import { parseJson } from "../../wire/record.ts";
import { type Finding, ok, unknown, wrong } from "./finding.ts";

const WHAT = "collector";
/** A relay forwards at once; after a cut of the network its queue may take a moment. */
const ARRIVES_WITHIN_MS = 10_000;
const ASK_EVERY_MS = 200;
const TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 65_536;
const UNAUTHORIZED = 401;
const NOT_FOUND = 404;

interface ArrivalOptions {
  /** Where `mlctl login` keeps its token. */
  readonly accountFile: string;
  /** Id of the test execution, which is in the relay's journal by now. */
  readonly x: string;
  /** Default 10 s. */
  readonly withinMs?: number;
}

/** Asks the collector whether the test execution is complete there, with the token of `mlctl login`. */
export async function checkArrival({ accountFile, x, withinMs = ARRIVES_WITHIN_MS }: ArrivalOptions): Promise<Finding> {
  const account = accountOf(accountFile);
  if (account === undefined)
    return unknown(WHAT, "whether lines arrive is not known here: nobody has signed in with `mlctl login`");
  const sinceMs = performance.now();
  for (;;) {
    const { status, text } = await ask(account, x);
    const delivery = parseExecution(parseJson(text))?.delivery;
    if (delivery === "complete") {
      const tookMs = Math.ceil(performance.now() - sinceMs);
      return ok(WHAT, `${account.url} has all of the test execution (asked for ${tookMs} ms)`);
    }
    if (status === UNAUTHORIZED)
      return unknown(WHAT, `${account.url} does not take the token any more: \`mlctl login\` makes a new one`);
    if (delivery === undefined && status !== NOT_FOUND)
      return unknown(WHAT, `${account.url} does not answer (${status ?? text})`);
    if (performance.now() - sinceMs > withinMs) return missing(account, delivery, withinMs);
    await delay(ASK_EVERY_MS);
  }
}

function missing({ url, user }: Account, delivery: string | undefined, withinMs: number): Finding {
  const within = `within ${withinMs / 1_000} s`;
  if (delivery !== undefined)
    return wrong(WHAT, `at ${url} the test execution is ${delivery} ${within}`, "the viewer names the missing lines");
  const mend =
    "the relay's log says why it does not reach the collector; `mlctl check relay` tests all that it needs. Or your uid here is another user's there";
  return wrong(WHAT, `${url} has no such execution of ${user} ${within}`, mend);
}

function accountOf(file: string): Account | undefined {
  try {
    return parseAccount(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

interface Answer {
  readonly status?: number | undefined;
  /** The body's text, or why there is none. */
  readonly text: string;
}

function ask({ url, token, ca }: Account, x: string): Promise<Answer> {
  const { request } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = { headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(ca === undefined ? {} : { ca }) };
    const fail = (error: Error) => resolve({ text: error.message });
    const asked = request(`${url}/api/executions/${x}`, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("error", fail);
      answer.on("data", (more: string) => {
        text += more;
        if (text.length > MAX_ANSWER_BYTES) answer.destroy(new Error("its answer is too long"));
      });
      answer.on("end", () => resolve({ status: answer.statusCode, text }));
    });
    asked.on("error", fail);
    asked.end();
  });
}

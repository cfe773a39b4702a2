import { safeText } from "../../host/safe-text.ts";
import { ALL_SCOPES, parseNewToken, parseTokenList, TOKEN_LIMITS, type TokenSummary } from "../../wire/token.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { localTime } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { note, signedIn } from "../remote/session.ts";
import { type Column, printTable } from "../remote/table.ts";
import { inSession, type Session } from "./in-session.ts";
import type { LoginSettings } from "./login-command.ts";
import { Prompter } from "./prompter.ts";

const DEFAULT_DAYS = 90;
const ACTIONS = ["list", "create", "revoke"] as const;

export const TOKENS: CommandDescription = {
  name: "tokens",
  summary: "tokens of programs: list, create, revoke",
  operands: "[list | create NAME | revoke ID...]",
  operandCount: [0, 65],
  about: `Lists the tokens of your programs, those of \`mlctl login\` too: id, name, scopes, made, last used, end. \`create\` makes one
and prints it, once: it goes into Authorization: Bearer TOKEN. \`revoke\` ends tokens, at once. These two ask for your
password, so that somebody who finds a token can make no other. Without a terminal it is the first line of stdin.`,
  options: {
    scope: {
      value: "SCOPE",
      help: `what it may do: ${ALL_SCOPES.join(", ")}; may be repeated (read)`,
      isRepeatable: true,
    },
    days: { value: "N", help: `it ends after N days (${DEFAULT_DAYS}, at most ${TOKEN_LIMITS.maxDays})` },
    calls: {
      value: "N",
      help: `with --scope call or peer: so many calls of services a minute (${TOKEN_LIMITS.usualCallsAMinute})`,
    },
    user: {
      short: "u",
      value: "USER",
      help: "the name that you sign in with, if it differs from the one in the lists",
    },
    code: { value: "CODE", help: "a one-time code instead of the password" },
    json: { help: "one JSON object a line, as the API has them" },
  },
};

/** `mlctl tokens`. */
export function tokensCommand(settings: LoginSettings): Command {
  return describedCommand(TOKENS, async (options, io) => {
    const [action = "list", ...words] = options.operands;
    if (!ACTIONS.some((each) => each === action) || (action === "list") !== (words.length === 0))
      throw new UsageError(`expected ${TOKENS.operands}`);
    if (action === "list") await list(signedIn(settings), options, io);
    else if (action === "create") await create(settings, { options, io, words });
    else await revoke(settings, { options, io, words });
    return 0;
  });
}

interface Call {
  readonly options: ParsedOptions;
  readonly io: Io;
  readonly words: readonly string[];
}

async function create(settings: LoginSettings, call: Call): Promise<void> {
  const { options, io, words } = call;
  const [name = "", ...more] = words;
  if (more.length > 0) throw new UsageError("expected one NAME: quote one with spaces");
  const asked = options.texts("scope");
  const unknown = asked.find((scope) => !ALL_SCOPES.some((each) => each === scope));
  if (unknown !== undefined)
    throw new UsageError(`--scope: expected ${ALL_SCOPES.join(", ")}, got ${JSON.stringify(unknown)}`);
  const days = options.count("days", { least: 1, most: TOKEN_LIMITS.maxDays, fallback: DEFAULT_DAYS });
  const scopes = asked.length === 0 ? ["read"] : [...new Set(asked)];
  const most = TOKEN_LIMITS.maxCallsAMinute;
  const callsAMinute = options.count("calls", { least: 1, most, fallback: TOKEN_LIMITS.usualCallsAMinute });
  const body = { name, scopes, days, ...(scopes.includes("call") || scopes.includes("peer") ? { callsAMinute } : {}) };
  const made = await signedInAgain(settings, call, ({ collector, headers }) =>
    collector.json({ method: "POST", path: "/tokens", body, headers }, parseNewToken),
  );
  const output = new Output(io);
  if (options.has("json")) await output.json(made);
  else await output.line(made.token);
  if (output.isTerminal) note(io, `it ends on ${made.expiresAt.slice(0, 10)}, and cannot be shown again`);
}

async function revoke(settings: LoginSettings, call: Call): Promise<void> {
  await signedInAgain(settings, call, async ({ collector, headers }) => {
    const tokens = await collector.json({ path: "/tokens", headers }, parseTokenList);
    const chosen = call.words.map((word) => {
      const [token, ...others] = tokens.filter(({ id }) => id.startsWith(word));
      if (token === undefined || others.length > 0 || word === "")
        throw new CtlError(
          `${JSON.stringify(word)} is ${token === undefined ? "no token of yours" : "several tokens"}`,
        );
      return token;
    });
    for (const { id } of chosen) (await collector.send({ method: "DELETE", path: `/tokens/${id}`, headers })).resume();
  });
}

/** Asks who it is, as at the login. */
async function signedInAgain<T>(
  settings: LoginSettings,
  { options, io }: Call,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const account = new AccountFile(settings.configFolder).read();
  const { url, ca } = account;
  // A later user of a name is filed as `name~uid`.
  const user = options.text("user") ?? account.user.replace(/~\d+$/, "");
  const code = options.text("code");
  const prompter = new Prompter(io);
  const credentials =
    code === undefined
      ? { user, password: await prompter.ask(`Password of ${safeText(user)} at ${url}: `, { isEcho: false }) }
      : { code };
  return inSession(new Collector({ url, ca }), { credentials, prompter }, work);
}

async function list(collector: Collector, options: ParsedOptions, io: Io): Promise<void> {
  const tokens = await collector.json({ path: "/tokens" }, parseTokenList);
  const output = new Output(io);
  if (options.has("json")) for (const token of tokens) await output.json(token);
  else
    await printTable(output, {
      rows: tokens,
      columns: columnsOf(output),
      none: "you have no tokens: `mlctl tokens --help` shows how to make one",
    });
}

function columnsOf(output: Output): Column<TokenSummary>[] {
  const shown = (time: string | null) => (time === null ? "-" : output.isTerminal ? localTime(time) : time);
  return [
    { title: "ID", cell: ({ id }) => id, isWhole: true },
    { title: "SCOPES", cell: ({ scopes }) => scopes.join(",") },
    { title: "MADE", cell: ({ createdAt }) => shown(createdAt), isWhole: true },
    { title: "LAST USED", cell: ({ usedAt }) => shown(usedAt), isWhole: true },
    { title: "ENDS", cell: ({ expiresAt }) => shown(expiresAt), isWhole: true },
    { title: "NAME", cell: ({ name }) => name },
  ];
}

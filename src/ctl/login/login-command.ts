import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { safeText } from "../../host/safe-text.ts";
import type { Account } from "../../wire/account.ts";
import { asRecord } from "../../wire/record.ts";
import { parseNewToken, TOKEN_LIMITS, TOKEN_SCOPES, type TokenRequest } from "../../wire/token.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { ApiRefusal, Collector } from "../remote/collector.ts";
import { type Authority, authorityOf, unknownAuthority } from "../remote/pin-authority.ts";
import type { RemoteSettings } from "../remote/session.ts";
import { inSession, type Session } from "./in-session.ts";
import { localAnswer } from "./local-answer.ts";
import { Prompter } from "./prompter.ts";
import { readSiteFile } from "./site-file.ts";

const DEFAULT_DAYS = 90;

export const LOGIN: CommandDescription = {
  name: "login",
  summary: "sign in to a collector",
  operands: "[URL]",
  operandCount: [0, 1],
  about: `Signs in with a password, or with the one-time code of an address that a collector printed. From then on the other
commands use a token, which is in login.json in your folder of settings, for you alone. URL is the viewer's address, with
its path under a proxy; without one the site's collector, from /etc/marcologger/mlctl.toml (url = "...", ca = "FILE").
On the collector's own machine no password is needed: it is enough that you can read a file that it makes for you.

An authority of certificates that this system does not know is shown for you to accept, and from then on only that one
is. Without a terminal, --ca or --fingerprint name it, and the password is read from the first line of stdin.`,
  options: {
    user: { short: "u", value: "USER", help: "your name there, if it differs from the one here" },
    code: { value: "CODE", help: "a one-time code instead of a password" },
    days: { value: "N", help: `the token ends after N days (${DEFAULT_DAYS}, at most ${TOKEN_LIMITS.maxDays})` },
    ca: { value: "FILE", help: "trust this authority only (PEM)" },
    fingerprint: { value: "SHA256", help: "accept the authority with this fingerprint" },
  },
};

export interface LoginSettings extends RemoteSettings {
  /** The user's name on this machine. */
  readonly userName: string;
}

/** `mlctl login`. */
export function loginCommand(settings: LoginSettings): Command {
  return describedCommand(LOGIN, async (options, io) => {
    const days = options.count("days", { least: 1, most: TOKEN_LIMITS.maxDays, fallback: DEFAULT_DAYS });
    const site = readSiteFile(settings.siteFile);
    const { url, code } = addressOf(options.operands[0] ?? site.url);
    const prompter = new Prompter(io);
    const ca = await acceptedAuthority(url, { options, site, io, prompter });
    const collector = new Collector({ url, ca });
    const user = options.text("user") ?? settings.userName;
    const file = new AccountFile(settings.configFolder);
    const before = earlier(file);
    const signIn = (credentials: Record<string, string>): Promise<Account> =>
      inSession(collector, { credentials, prompter }, (session) =>
        newAccount(session, { days, hostname: settings.hostname }),
      );
    const oneTime = options.text("code") ?? code;
    const account =
      oneTime === undefined
        ? ((await signInLocally(collector, { user, settings, signIn })) ??
          (await signIn({ user, password: await prompter.ask(passwordOf(user, url), { isEcho: false }) })))
        : await signIn({ code: oneTime });
    try {
      file.write(account);
    } catch (error) {
      await endToken(account);
      throw error;
    }
    if (before !== undefined) await endToken(before);
    io.stdout.write(`Signed in as ${safeText(account.user)} at ${url}, until ${account.expiresAt.slice(0, 10)}\n`);
    return 0;
  });
}

function passwordOf(user: string, url: string): string {
  return `Password of ${safeText(user)} at ${url}: `;
}

/** Undefined if that is not possible: then a password is. */
async function signInLocally(
  collector: Collector,
  options: { user: string; settings: LoginSettings; signIn: (credentials: Record<string, string>) => Promise<Account> },
): Promise<Account | undefined> {
  const { user, settings, signIn } = options;
  // Somebody else's file cannot be read.
  const answer = user === settings.userName ? await localAnswer(collector, user) : undefined;
  if (answer === undefined) return undefined;
  try {
    return await signIn({ ...answer });
  } catch (error) {
    if (error instanceof ApiRefusal && error.reason === "denied") return undefined;
    throw error;
  }
}

/** Makes a token with a session, which ends then. */
async function newAccount(session: Session, { days, hostname }: { days: number; hostname: string }): Promise<Account> {
  const { url, ca } = session.collector.options;
  const name = `mlctl on ${hostname}`.slice(0, TOKEN_LIMITS.maxNameCharacters);
  const body: TokenRequest = { name, scopes: TOKEN_SCOPES, days };
  const made = await session.collector.json(
    { method: "POST", path: "/tokens", body, headers: session.headers },
    parseNewToken,
  );
  const user = await session.collector.json({ path: "/me", headers: session.headers }, (value) => {
    const me = asRecord(value)?.["user"];
    return typeof me === "string" ? me : undefined;
  });
  return { url, user, ...made, ca };
}

/** The account that this login replaces; a damaged file has none. */
function earlier(file: AccountFile): Account | undefined {
  try {
    return file.find();
  } catch (error) {
    if (error instanceof CtlError) return undefined;
    throw error;
  }
}

/** One that nothing uses any more. Where that cannot be said, it ends on its day. */
async function endToken(account: Account): Promise<void> {
  try {
    (await new Collector(account).send({ method: "POST", path: "/logout", body: {} })).resume();
  } catch (error) {
    if (!(error instanceof CtlError)) throw error;
  }
}

/** The address without what a browser shows after it, and the one-time code in it, if any. */
function addressOf(text: string | undefined): { url: string; code: string | undefined } {
  if (text === undefined)
    throw new UsageError("expected the collector's URL: no /etc/marcologger/mlctl.toml names one");
  const full = /^https?:\/\//.test(text) ? text : `https://${text}`;
  if (!URL.canParse(full)) throw new UsageError(`${JSON.stringify(text)} is no address like https://logs.example.org`);
  const { protocol, hostname, origin, pathname, hash } = new URL(full);
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
  if (protocol === "http:" && !isLoopback)
    throw new UsageError(`${origin}: expected https: the password would cross the network unencrypted`);
  const [, code] = /[#&]code=([^&]+)/.exec(hash) ?? [];
  return { url: `${origin}${pathname.replace(/\/+$/, "")}`, code };
}

/** PEM of the only authority to trust; undefined: those of the system. */
async function acceptedAuthority(
  url: string,
  {
    options,
    site,
    io,
    prompter,
  }: { options: ParsedOptions; site: { ca?: string | undefined }; io: Io; prompter: Prompter },
): Promise<string | undefined> {
  const file = options.text("ca") ?? site.ca;
  if (file !== undefined) return readAuthority(resolve(io.cwd, file));
  const address = new URL(url);
  const authority = address.protocol === "https:" ? await unknownAuthority(address) : undefined;
  if (authority === undefined) return undefined;
  const wanted = options.text("fingerprint");
  if (wanted !== undefined) {
    if (plain(wanted) === plain(authority.fingerprint)) return authority.pem;
    throw new CtlError(
      `The authority of ${url} has another fingerprint: ${authority.fingerprint}. Do not go on before you know why`,
    );
  }
  if (!prompter.isTerminal)
    throw new CtlError(
      `The authority of ${url} is not known here: ${authority.fingerprint}. Accept it with --fingerprint, or give --ca`,
    );
  return askToAccept(authority, { url, io, prompter });
}

async function askToAccept(
  { pem, subject, fingerprint }: Authority,
  { url, io, prompter }: { url: string; io: Io; prompter: Prompter },
): Promise<string> {
  io.stderr.write(
    `The certificate of ${url} is of an authority that this system does not know:\n  ${safeText(subject)}\n  SHA-256 ${fingerprint}\nCompare this with what its administrator says (openssl x509 -noout -sha256 -fingerprint -in ca.crt).\n`,
  );
  const answer = await prompter.ask("Trust it for this collector, from now on? (yes/no) ", { isEcho: true });
  if (answer.trim().toLowerCase() !== "yes") throw new CtlError("Not accepted: nothing was sent");
  return pem;
}

function readAuthority(path: string): string {
  try {
    return authorityOf(readFileSync(path)).pem;
  } catch (error) {
    throw new CtlError(`Cannot read a certificate from ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function plain(fingerprint: string): string {
  return fingerprint
    .replace(/^sha-?256[:= ]*/i, "")
    .replaceAll(":", "")
    .toUpperCase();
}

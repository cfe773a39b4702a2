import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Whether PAM accepts this user and password. Rejects when it cannot be asked. */
export type PasswordCheck = (user: string, password: string, address: string) => Promise<boolean>;

/** authenticate-pam has no types. Its callback gets nothing, or PAM's message as a text. */
type Authenticate = (
  user: string,
  password: string,
  callback: (error: unknown) => void,
  options: { serviceName: string; remoteHost: string },
) => void;

const MS_PER_DAY = 86_400_000;

/** pam_strerror(3) of what is no answer about a password: PAM_OPEN_ERR to PAM_SYSTEM_ERR, PAM_AUTHINFO_UNAVAIL. */
const CANNOT_TELL = [
  "Failed to load module",
  "Symbol not found",
  "Error in service module",
  "System error",
  "Memory buffer error",
  "Critical error - immediate abort",
  "Module is unknown",
  "Authentication service cannot retrieve authentication info",
];
/** The add-on's own words for what failed before or after the password was looked at. */
const NOT_ASKED = /^pam_(?:start|set_item|end): /;

/** Loads the native add-on, so only the process that asks PAM calls this. Throws when it is not built. */
export function loadPam(service: string): PasswordCheck {
  const authenticate = parseAddOn(createRequire(import.meta.url)("authenticate-pam"));
  if (authenticate === undefined) throw new TypeError("Cannot ask PAM: authenticate-pam has no authenticate()");
  return (user, password, address) => {
    return new Promise((resolve, reject) => {
      const done = (error: unknown) => {
        if (error === undefined) resolve(!isExpired(user));
        else if (CANNOT_TELL.includes(String(error)) || NOT_ASKED.test(String(error))) reject(new Error(String(error)));
        else resolve(false);
      };
      authenticate(user, password, done, { serviceName: service, remoteHost: address });
    });
  };
}

/**
 * Whether an account of /etc/shadow has expired (shadow(5), "account expiration date"). authenticate-pam does not ask
 * PAM for it, nor for any other `account` rule: those of accounts from elsewhere are not asked at all.
 */
function isExpired(user: string): boolean {
  try {
    // Synchronously: PAM's waiting checks hold all threads that an asynchronous read would need.
    const line = readFileSync("/etc/shadow", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${user}:`));
    const day = line?.split(":")[7];
    return day !== undefined && day !== "" && Number(day) * MS_PER_DAY <= Date.now();
  } catch {
    return false;
  }
}

function parseAddOn(value: unknown): Authenticate | undefined {
  if (typeof value !== "object" || value === null || !("authenticate" in value)) return undefined;
  return typeof value.authenticate === "function" ? (value.authenticate as Authenticate) : undefined;
}

const KEY = "marcologger-ticket";

/** Keeps what the login answered with: with it the collector's password checker signs this page's orders. */
export function keepTicket(ticket: string): void {
  // Of this tab alone, and gone with it: no other page and no cookie has it.
  if (ticket === "") sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, ticket);
}

/** Undefined: this tab has not signed in. */
export function heldTicket(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

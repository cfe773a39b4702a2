const KEY = "marcologger-ticket";

/** Keeps the ticket from the login: with it the collector's password checker signs this page's orders. */
export function keepTicket(ticket: string): void {
  // Only in this tab, and gone with it: in no other page and no cookie.
  if (ticket === "") sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, ticket);
}

/** Undefined: this tab has not signed in. */
export function heldTicket(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

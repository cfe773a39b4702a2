/** Advice for relays that leave before a session. */
export const COMPARE_AUTHORITIES =
  "compare the relay's ca.crt with this one, and the host name that it connects to; see its own log";

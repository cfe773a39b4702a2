type AuditEventName =
  | "collector"
  | "login"
  | "logout"
  | "request"
  | "admin-read"
  | "admin-watch"
  | "deletion"
  | "hold"
  | "prune"
  | "retention"
  | "order"
  | "call"
  | "upload"
  | "node-event"
  | "token"
  | "share"
  | "shared-read"
  | "relay-session"
  | "begin"
  | "certificates"
  | "certificate-expiry";

/** One event. Its texts may come from anyone; it never contains a password, a key or a cookie. */
export interface AuditEvent {
  readonly event: AuditEventName;
  /** All but `ok` and `ended` are refusals; equal refusals share one record. */
  readonly outcome: "ok" | "ended" | "denied" | "refused" | "throttled" | "unavailable" | "failed";
  readonly reason?: string | undefined;
  /** Who did it, if known. */
  readonly user?: string | undefined;
  readonly address?: string | undefined;
  readonly node?: string | undefined;
  /** The user's uid on that node, from its kernel. */
  readonly uid?: number | undefined;
  /** Serial number of a certificate. */
  readonly serial?: string | undefined;
  /** The user whose data it was done to. */
  readonly owner?: string | readonly string[] | undefined;
  /** Further details of this event. */
  readonly [detail: string]: string | number | readonly string[] | undefined;
}

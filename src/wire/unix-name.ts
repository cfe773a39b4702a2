/**
 * A user's or group's name as directories have them (`alice`, `alice@example.org`, `EXAMPLE\alice`): it cannot pass for
 * an option, a path or a field separator of passwd(5), nor drive a terminal.
 */
export function isUnixName(text: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.@+\\ $-]{0,125}$/u.test(text) && !text.endsWith(" ");
}

/**
 * Parses `512m` or `1g` into bytes; undefined if it is neither. Powers of 1,024, as lower-case letters mean for
 * rsyslogd.
 */
export function parseDiskSpace(text: string): number | undefined {
  const match = /^([1-9]\d{0,6})([mg])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (match[2] === "g" ? 1_073_741_824 : 1_048_576);
}

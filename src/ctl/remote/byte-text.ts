const UNITS = ["B", "K", "M", "G", "T", "P"] as const;

/** Bytes for a person: `532 B`, `4.2 K`, `17 G`, in powers of 1,024 as `du -h`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1_023.5 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

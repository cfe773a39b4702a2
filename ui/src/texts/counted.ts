import { formatCount } from "../format.ts";

/** "1 line", "1,234 lines", in any language with two forms. */
export function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

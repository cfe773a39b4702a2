import { UsageError } from "../../wire/usage-error.ts";
import type { ParsedOptions } from "../described-command.ts";

/** `-n 'web*:@tomcat'` is `-n 'web*' --to @tomcat`: no node's name has a colon. The folder is undefined if none is given. */
export function nodesAndFolder(options: ParsedOptions): { nodes: readonly string[]; folder: string | undefined } {
  const given = options.texts("nodes").map((text): readonly [nodes: string, folder: string | undefined] => {
    const at = text.indexOf(":");
    return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  });
  const folders = new Set([options.text("to"), ...given.map(([, folder]) => folder)]);
  folders.delete(undefined);
  if (folders.size > 1) throw new UsageError("expected one folder, in --to or in -n NODES:FOLDER");
  return { nodes: given.map(([nodes]) => nodes), folder: [...folders][0] };
}

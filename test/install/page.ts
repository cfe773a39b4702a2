import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/programs.ts";

const PAGE = "systemd/README.md";

/** A code block of the installation page that says on which machine it runs: ```sh collector */
export interface Block {
  /** `build`, `every`, `collector`, `node`, `node-dedicated`, `node-drop-in`, `every-upgrade`, ... */
  readonly role: string;
  readonly line: number;
  readonly script: string;
}

/** The blocks of the page for an administrator's shell, in its order. */
function blocksOfPage(): readonly Block[] {
  const lines = readFileSync(join(ROOT, PAGE), "utf8").split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const [, role] = /^```sh ([a-z-]+)$/.exec(lines[i] ?? "") ?? [];
    if (role === undefined) continue;
    const end = lines.indexOf("```", i);
    if (end < 0) throw new Error(`${PAGE}, line ${i + 1}: the block has no end`);
    blocks.push({ role, line: i + 1, script: `${lines.slice(i + 1, end).join("\n")}\n` });
    i = end;
  }
  return blocks;
}

/** The blocks of one role. Throws when the page has none: it was renamed. */
export function blocksFor(role: string): readonly Block[] {
  const found = blocksOfPage().filter((block) => block.role === role);
  if (found.length === 0) throw new Error(`${PAGE} has no block for ${role}`);
  return found;
}

// Headers for native add-ons, from the running Node.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./step.mjs";

const WRAPPER = "include/node/node_object_wrap.h";
/** Calls that 24.19 added to the constructor and the destructor of ObjectWrap. */
const HOOKS = /^ {4}(Add|Remove)CleanupHook\(\);\n/gm;

/**
 * Points node-gyp to the headers that came with this Node, so that it need not download them.
 *
 * An add-on compiled against the headers of Node 24.19 and later ends the process when one of its objects is collected
 * outside of JavaScript (https://github.com/nodejs/node/issues/65446), as better-sqlite3's statements are. It is then
 * compiled against a copy without these calls, as before 24.19.
 */
export function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  if (!existsSync(join(prefix, "include/node/node.h"))) return {};
  const wrapper = readFileSync(join(prefix, WRAPPER), "utf8");
  if (!HOOKS.test(wrapper)) return { npm_config_nodedir: prefix };
  const copy = join(ROOT, ".node-headers");
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(prefix, "include"), join(copy, "include"), { recursive: true });
  writeFileSync(join(copy, WRAPPER), wrapper.replace(HOOKS, ""));
  return { npm_config_nodedir: copy };
}

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";
import { run } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { runAsRoot } from "./root.ts";
import { tempFolder } from "./temp-folder.ts";

/** Installs a PAM service with these rules, removed afterwards. Resolves to its name. */
export async function pamService(rules: string): Promise<string> {
  const name = `mltest${randomBytes(4).toString("hex")}`;
  const path = join("/etc/pam.d", name);
  afterwards(async () => void (await runAsRoot("rm", ["-f", path])));
  await runAsRoot("tee", [path], rules);
  return name;
}

/** A service that asks for the password "right" and the code "123456": in one call of the conversation, or in two. */
export async function pamServiceAskingTwice(how: "together" | "apart"): Promise<string> {
  const module = join(await tempFolder(), "ask_twice.so");
  const source = join(ROOT, "test/fixtures/programs/pam_ask_twice.c");
  const { code, stderr } = await run("cc", ["-shared", "-fPIC", "-Wall", "-Werror", "-o", module, source, "-lpam"]);
  if (code !== 0) throw new Error(`Cannot compile ${source}: ${stderr}`);
  return pamService(`auth required ${module} ${how}\naccount required pam_permit.so\n`);
}

import type { UserDirectory } from "../host/users.ts";

/** Whether a user may use an offer of the node's administrator: one for members of these groups; `*`: for everybody. */
export async function mayUse(
  name: string,
  of: { readonly groups: readonly string[]; readonly users: Pick<UserDirectory, "byName" | "isMember"> },
): Promise<boolean | "directory"> {
  if (of.groups.includes("*")) return true;
  const user = await of.users.byName(name);
  if (user === "unavailable") return "directory";
  if (user === undefined) return false;
  for (const group of of.groups) if (await of.users.isMember(user, group)) return true;
  return false;
}

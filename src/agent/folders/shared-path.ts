/** A path of an order in a shared folder. */
interface SharedPath {
  readonly name: string;
  /** Below the folder; empty: the folder itself. */
  readonly rest: string;
}

/** `@tomcat/app.war`. Undefined: a path of the user's own; there, `~/@x` is a name like any other. */
export function sharedPath(path: string): SharedPath | undefined {
  if (!path.startsWith("@")) return undefined;
  const slash = path.indexOf("/");
  return slash < 0 ? { name: path.slice(1), rest: "" } : { name: path.slice(1, slash), rest: path.slice(slash + 1) };
}

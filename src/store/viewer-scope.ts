import type { Viewer } from "../wire/viewer.ts";

/** Only administrators may name other users; to everybody else those executions look missing. */
export function mayName(viewer: Viewer, owner: string | undefined): boolean {
  return viewer.admin || owner === undefined || owner === viewer.user;
}

/** The owner whose executions a viewer sees. Undefined: all owners. */
export function ownerFilter(viewer: Viewer): string | undefined {
  return viewer.admin ? undefined : viewer.user;
}

/** The owner, among these, that a query asks for. Undefined: all owners. */
export function ownerIn(viewer: Viewer, { owner }: { readonly owner?: string | undefined }): string | undefined {
  return ownerFilter(viewer) ?? owner;
}

import type { Viewer } from "../wire/viewer.ts";

/** Users who are not administrators may not name others: those executions look missing to them. */
export function mayName(viewer: Viewer, owner: string | undefined): boolean {
  return viewer.admin || owner === undefined || owner === viewer.user;
}

/** Whose executions a viewer sees. Undefined: everybody's. */
export function ownerFilter(viewer: Viewer): string | undefined {
  return viewer.admin ? undefined : viewer.user;
}

/** Whose of these a query asks for. Undefined: everybody's. */
export function ownerIn(viewer: Viewer, { owner }: { readonly owner?: string | undefined }): string | undefined {
  return ownerFilter(viewer) ?? owner;
}

/** What somebody may do. Each role may do what those before it may. */
export type Role = (typeof ROLES)[number];

/** From the least to the most. */
const ROLES = ['ANONYMOUS', 'CUSTOMER', 'STAFF'] as const;

/** Somebody who is known by name. */
interface User {
  /** The same for as long as the user exists, and nobody else's: what the rows of theirs have as `owner`. */
  owner: string;
  /** null where an issuer of tokens does not say it. */
  email: string | null;
  name: string;
}

/** Who sends a request. */
export interface Viewer {
  role: Role;
  /** null where nobody is signed in. */
  user: User | null;
  /** The key of the session that the request came with; null where it came without one. */
  sessionId: string | null;
  /** Why it could not be found out who it is; what is for everybody can be answered all the same. */
  failure?: Error;
}

/** A viewer who is known by name. */
export type SignedIn = Viewer & { user: User };

/** Nobody in particular. */
export const ANONYMOUS: Viewer = { role: 'ANONYMOUS', user: null, sessionId: null };

/** The owner of what everybody may see, such as the photo of an item. */
export const PUBLIC = 'public';

/** Whose the things are that a viewer makes: nobody's where nobody is signed in. */
export function ownerOf({ user }: Viewer): string | null {
  return user?.owner ?? null;
}

/** Whether a viewer has at least this role. */
export function hasRole({ role }: Viewer, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** Whether it is the viewer's own, or the viewer is STAFF. */
export function owns(viewer: Viewer, owner: string | null): boolean {
  return hasRole(viewer, 'STAFF') || (owner !== null && owner === viewer.user?.owner);
}

/** Whether a viewer may know of it. */
export function sees(viewer: Viewer, owner: string | null): boolean {
  return owner === PUBLIC || owns(viewer, owner);
}

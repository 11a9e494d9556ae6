import type { Registered } from './register.ts';

/** A value of the SDL's `enum Role`. Each role includes the rights of those before it. */
export type Role = Registered<'role', string>;

/** A signed-in user. */
interface User {
  /** The stable key of the user, stored in their rows in the column that `@owned(by:)` names. */
  owner: string;
  /** null if the issuer of the token does not state it. */
  email: string | null;
  name: string;
}

/** Who sends a request. */
export interface Viewer {
  role: Role;
  /** null if nobody is signed in. */
  user: User | null;
  /** Key of the request's session; null if it has none. */
  sessionId: string | null;
  /** Why the viewer could not be identified. Fields open to everybody are answered anyway. */
  failure?: Error;
}

/** A viewer who is signed in. */
export type SignedIn = Viewer & { user: User };

/** The owner of objects that everybody may see, such as a public picture. */
export const PUBLIC = 'public';

/** The owner of objects that a viewer creates; null if nobody is signed in. */
export function ownerOf({ user }: Viewer): string | null {
  return user?.owner ?? null;
}

/** The user of a viewer who is signed in, as `@auth` has checked. @throws if nobody is */
export function userOf({ user }: Viewer): User {
  if (!user) throw new Error('Expected a viewer who is signed in.');
  return user;
}

/** The roles of an application, least privileged first, and their rights. */
export class Roles {
  /** The role of anonymous viewers. */
  readonly least: Role;
  /** The default role of signed-in users. */
  readonly signedIn: Role;
  /** The role that sees every owner's objects. */
  readonly highest: Role;
  readonly #names: readonly string[];

  /** @throws Error for fewer than two roles */
  constructor(names: readonly string[]) {
    const [least, signedIn] = names;
    const highest = names.at(-1);
    if (least === undefined || signedIn === undefined || highest === undefined) {
      throw new Error(
        'Expected `enum Role` with at least two values, least privileged first: anonymous, then signed in.',
      );
    }
    this.#names = names;
    this.least = least as Role;
    this.signedIn = signedIn as Role;
    this.highest = highest as Role;
  }

  /** The roles that a user can have. */
  get ofUsers(): readonly string[] {
    return this.#names.slice(1);
  }

  /** The highest role among these names; `signedIn` if none of them is a user's role. */
  highestOf(names: readonly unknown[]): Role {
    return (this.ofUsers.findLast((name) => names.includes(name)) ?? this.signedIn) as Role;
  }

  /** The anonymous viewer. */
  get nobody(): Viewer {
    return { role: this.least, user: null, sessionId: null };
  }

  /** Whether a viewer has at least this role. */
  has({ role }: Pick<Viewer, 'role'>, least: Role): boolean {
    return this.#names.indexOf(role) >= this.#names.indexOf(least);
  }

  /** The filter of a list: the viewer's objects; all for the highest role, none if nobody is signed in. */
  ownedBy(viewer: Viewer): { owner?: string } {
    return this.has(viewer, this.highest) ? {} : { owner: viewer.user?.owner ?? '' };
  }
}

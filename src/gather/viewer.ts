import type { Registered } from './register.ts';

/** What somebody may do: a value of `enum Role` of the SDL. Each role may do what those before it may. */
export type Role = Registered<'role', string>;

/** Somebody who is known by name. */
interface User {
  /** Stable, unique key of the user, stored in their rows in the column that `@owned(by:)` names. */
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

/** The owner of what everybody may see, such as a public picture. */
export const PUBLIC = 'public';

/** Whose the things are that a viewer makes: nobody's where nobody is signed in. */
export function ownerOf({ user }: Viewer): string | null {
  return user?.owner ?? null;
}

/** The roles of an application, least first, and what each of them may do. */
export class Roles {
  /** The role of anonymous viewers. */
  readonly least: Role;
  /** The default role of signed-in users. */
  readonly signedIn: Role;
  /** The role that sees what belongs to anybody. */
  readonly highest: Role;
  readonly #names: readonly string[];

  /** @throws an error of the program's for fewer than two */
  constructor(names: readonly string[]) {
    const [least, signedIn] = names;
    const highest = names.at(-1);
    if (least === undefined || signedIn === undefined || highest === undefined) {
      throw new Error('Expected `enum Role` with two values or more, least first: who is not signed in, and who is.');
    }
    this.#names = names;
    this.least = least as Role;
    this.signedIn = signedIn as Role;
    this.highest = highest as Role;
  }

  /** Those that somebody who signs in may have. */
  get ofUsers(): readonly string[] {
    return this.#names.slice(1);
  }

  /** The highest of these roles that there is; `signedIn` where there is none. */
  highestOf(names: readonly unknown[]): Role {
    return (this.ofUsers.findLast((name) => names.includes(name)) ?? this.signedIn) as Role;
  }

  /** Nobody in particular. */
  get nobody(): Viewer {
    return { role: this.least, user: null, sessionId: null };
  }

  /** Whether a viewer has at least this role. */
  has({ role }: Viewer, least: Role): boolean {
    return this.#names.indexOf(role) >= this.#names.indexOf(least);
  }

  /** Whether it is the viewer's own, or the viewer has the highest role. */
  owns(viewer: Viewer, owner: string | null): boolean {
    return this.has(viewer, this.highest) || (owner !== null && owner === viewer.user?.owner);
  }

  /** Whether a viewer may know of it. */
  sees(viewer: Viewer, owner: string | null): boolean {
    return owner === PUBLIC || this.owns(viewer, owner);
  }

  /** Whose objects a list is to have: the viewer's; all where that has the highest role. Nobody's where nobody is signed in. */
  mine(viewer: Viewer): { owner?: string } {
    return this.has(viewer, this.highest) ? {} : { owner: viewer.user?.owner ?? '' };
  }
}

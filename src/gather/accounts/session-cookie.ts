const NAME = 'gather_session';
/** The longest lifetime of a session. The server decides when it ends, not the browser. */
const MAX_AGE_MS = 90 * 24 * 3_600_000;

/** The cookie that holds the token of a session, for browsers. */
export class SessionCookie {
  readonly #name: string;
  readonly #attributes: string;
  readonly #pattern: RegExp;

  /** @param isSecure whether clients use https: browsers then send the cookie over nothing else */
  constructor(isSecure: boolean) {
    this.#name = isSecure ? `__Host-${NAME}` : NAME;
    this.#attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
    this.#pattern = new RegExp(`(?:^|;) *${this.#name}=([^;]*)`);
  }

  /** The token in a header `Cookie`. */
  read(header: string | null): string | undefined {
    return header === null ? undefined : this.#pattern.exec(header)?.[1]?.trim();
  }

  /** The header `Set-Cookie` that stores the token. */
  toSet(token: string): string {
    return this.#with(token, new Date(Date.now() + MAX_AGE_MS));
  }

  /** The header `Set-Cookie` that deletes the cookie. */
  toClear(): string {
    return this.#with('', new Date(0));
  }

  #with(value: string, expires: Date): string {
    return `${this.#name}=${value}; Expires=${expires.toUTCString()}; ${this.#attributes}`;
  }
}

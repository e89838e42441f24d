import { useSyncExternalStore } from 'react';

/** `ended`: the token is no longer taken; whoever needs one waits until the person has signed in again. */
export type SessionState = 'unknown' | 'signed-out' | 'signed-in' | 'ended';

interface IssuedSession {
  readonly accessToken: string;
  readonly expiresAt: string;
}

/** Names the person to sign in again as, in every tab of this browser; no secret. */
const EMAIL_KEY = 'ringback.email';

/** Who is signed in. The access token lives in memory only: no script that runs later, and no disk, finds it. */
class Session {
  #state: SessionState = 'unknown';
  #token: string | null = null;
  #expiresAt: string | null = null;
  #renewal: { promise: Promise<boolean>; settle: (renewed: boolean) => void } | null = null;
  readonly #listeners = new Set<() => void>();

  get state(): SessionState {
    return this.#state;
  }
  get token(): string | null {
    return this.#token;
  }
  get expiresAt(): string | null {
    return this.#expiresAt;
  }
  get email(): string {
    return localStorage.getItem(EMAIL_KEY) ?? '';
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin(issued: IssuedSession, email: string): void {
    localStorage.setItem(EMAIL_KEY, email);
    this.#token = issued.accessToken;
    this.#expiresAt = issued.expiresAt;
    this.#set('signed-in');
    this.#settle(true);
  }

  /** Nobody is signed in, as far as can be told. */
  giveUp(): void {
    this.#set('signed-out');
  }

  end(): void {
    localStorage.removeItem(EMAIL_KEY);
    this.#token = this.#expiresAt = null;
    this.#set('signed-out');
    this.#settle(false);
  }

  /**
   * Asks the person to sign in again, keeping everything on the page; all who need it wait for the same answer.
   * @param refused the token that was not taken: one that was replaced meanwhile needs no renewal
   * @returns whether there is a session now.
   */
  renewed(refused: string | null): Promise<boolean> {
    if (this.#token !== refused && this.#token !== null) return Promise.resolve(true);
    if (this.#renewal === null) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#renewal = { promise, settle: resolve };
      this.#set('ended');
    }
    return this.#renewal.promise;
  }

  #settle(renewed: boolean): void {
    this.#renewal?.settle(renewed);
    this.#renewal = null;
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();

/** @returns the state of the session, kept up to date. */
export function useSessionState(): SessionState {
  return useSyncExternalStore(session.subscribe, () => session.state);
}

import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { Clock } from '../../core/model/clock.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Principal } from '../principal.ts';

/** A ticket that was not used by then is void. */
export const TICKET_MS = 30_000;
/** Tickets that are not used yet. */
const TICKETS_MAX = 10_000;

/** Who asked for a ticket, and whether that one may still ask. */
export interface TicketHolder {
  readonly principal: Principal;
  readonly again: () => Promise<Principal | null>;
}

/**
 * Tickets for streams of clients that can send no header, such as a browser's WebSocket: each is good for one
 * stream, soon, at this server. What its holder may see goes on to follow from the token or login behind it.
 */
export class StreamTickets {
  readonly #clock: Clock;
  readonly #held = new Map<string, TicketHolder & { readonly untilMono: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new ticket. @throws AppError `unavailable` if too many are not used. */
  give(holder: TicketHolder): string {
    const now = this.#clock.mono();
    // They are in the order of their ends.
    for (const [hash, { untilMono }] of this.#held) {
      if (untilMono > now) break;
      this.#held.delete(hash);
    }
    if (this.#held.size >= TICKETS_MAX) throw new AppError('unavailable', 'too many tickets are not used');
    const ticket = newSecret();
    this.#held.set(secretHash(ticket), { ...holder, untilMono: now + TICKET_MS });
    return ticket;
  }

  /** Who holds a ticket, once; `null`: it is void. */
  take(ticket: string): TicketHolder | null {
    const hash = secretHash(ticket);
    const held = this.#held.get(hash);
    this.#held.delete(hash);
    return held !== undefined && held.untilMono > this.#clock.mono() ? held : null;
  }
}

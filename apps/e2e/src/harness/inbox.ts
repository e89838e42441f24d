import { randomBytes } from 'node:crypto';
import type { AnswerOrFault, ReceivedRequest, RecordingReceiver } from '@ringback/testbed';

/** A spec's own place at the receiver: a first path segment that nobody else uses. */
export class Inbox {
  readonly #segment = randomBytes(6).toString('hex');
  readonly #answers: [prefix: string, answer: AnswerOrFault][] = [];

  constructor(private readonly receiver: RecordingReceiver) {}

  /** @returns a URL for a callback; `rest` stands behind the segment, byte for byte. */
  url(rest: string): string {
    return `${this.receiver.url}/${this.#segment}/${rest}`;
  }

  owns(request: ReceivedRequest): boolean {
    return request.rawUrl.startsWith(`/${this.#segment}/`);
  }

  requests(): ReceivedRequest[] {
    return this.receiver.requests.filter((request) => this.owns(request));
  }

  /** @returns what of a target stands behind the segment. */
  relative(rawUrl: string): string {
    return rawUrl.slice(this.#segment.length + 2);
  }

  /** @returns what has arrived, in order, without the segment. */
  paths(): string[] {
    return this.requests().map((request) => this.relative(request.rawUrl));
  }

  /** What begins with `prefix` is answered so from now on. */
  answer(prefix: string, answer: AnswerOrFault): void {
    this.#answers.unshift([prefix, answer]);
  }

  answerTo(request: ReceivedRequest): AnswerOrFault {
    const path = this.relative(request.rawUrl);
    return this.#answers.find(([prefix]) => path.startsWith(prefix))?.[1] ?? {};
  }
}

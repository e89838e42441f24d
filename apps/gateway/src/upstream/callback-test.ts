import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Forwarder } from './forwarder.js';
import type { PreviewConversion } from './preview-conversion.js';

/** The longest that a callback waits for its receiver (30 s), and what comes before and after, in ms. */
const TEST_TIMEOUT_MS = 45_000;

/** dispatcher-service knows no conversions: the one that a test names is put into its request here. */
export class CallbackTest {
  constructor(
    private readonly forwarder: Forwarder,
    private readonly conversions: PreviewConversion,
  ) {}

  /** @throws {ProblemError} 422 when the conversion does not exist, or the client sends one itself. */
  async run(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const body = await this.conversions.fillIn(request);
    await this.forwarder.forward('dispatcher-service', request, reply, body, TEST_TIMEOUT_MS);
  }
}

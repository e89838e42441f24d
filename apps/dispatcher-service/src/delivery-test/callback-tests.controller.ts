import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { callbackTestRequestSchema, idSchema, type CallbackTest, type CallbackTestRequest } from '@ringback/contracts';
import { body, param, problem, ProblemError } from '@ringback/service-runtime';
import { z } from 'zod';
import { CallbackTests, MAX_TESTS_AT_ONCE } from './callback-tests.js';

/** Digits only: `Number` would also read "1e3", "0x10" and " 7 ". */
const idInPath = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'must be an integer above 0')
  .transform(Number)
  .pipe(idSchema);
/** No body asks for the sample. */
const requestOrNone = callbackTestRequestSchema.nullish().transform((request) => request ?? {});

@Controller('v1/offers/:offerId/callbacks/:callbackId/test')
export class CallbackTestsController {
  constructor(@Inject(CallbackTests) private readonly tests: CallbackTests) {}

  @Post()
  @HttpCode(200)
  async test(
    @Param('offerId', param('offerId', idInPath)) offerId: number,
    @Param('callbackId', param('callbackId', idInPath)) callbackId: number,
    @Body(body(requestOrNone)) request: CallbackTestRequest,
  ): Promise<CallbackTest> {
    const { conversion } = request;
    if (conversion !== undefined && conversion.offerId !== offerId)
      throw problem.unprocessable([{ path: 'conversionId', message: `is one of offer ${conversion.offerId}` }]);
    const end = await this.tests.run(offerId, callbackId, request);
    switch (end.kind) {
      case 'tested':
        return end.test;
      case 'no-callback':
        throw problem.notFound(`callback ${callbackId} of offer ${offerId}`);
      case 'unknown':
        throw problem.unavailable('the configuration cannot be read just now: try again shortly');
      case 'too-many':
        throw new ProblemError(429, `${MAX_TESTS_AT_ONCE} tests are under way: try again shortly`, { headers: { 'retry-after': '1' } });
    }
  }
}

// Shared by the specs of this folder; named so that it is left out of the build.
import type { Conversion, ConversionEvent } from '@ringback/contracts';
import { compileCallback, type CallbackRequestFields } from './compile-callback.js';
import type { RenderContext } from './render-context.js';
import { renderRequest } from './render-request.js';
import type { Rendered } from './rendered-request.js';
import { SAMPLE_CONTEXT, SAMPLE_EVENT } from './sample-context.js';
import type { CallbackRequestInput } from './validate-callback.js';

/** Every character that some encoding has to care about. */
export const AWKWARD = ` +&=%/"'<>ä€\u{1F600}\r\n`;

type Param = CallbackRequestFields['requestParams'][number];
type HeaderField = CallbackRequestFields['requestHeaders'][number];

export function param(name: string, value: string, more: Partial<Param> = {}): Param {
  return { name, value, type: 'string', secret: false, ...more };
}

export function header(name: string, value: string, more: Partial<HeaderField> = {}): HeaderField {
  return { name, value, secret: false, ...more };
}

export function request(fields: Partial<CallbackRequestFields> = {}): CallbackRequestFields & CallbackRequestInput {
  return { url: 'https://tracker.example/p', httpType: 'GET', basicAuth: null, requestParams: [], requestHeaders: [], ...fields };
}

export function conversionWith(changes: Partial<Conversion>): Conversion {
  return { ...SAMPLE_EVENT.data.conversion, ...changes };
}

export function created(changes: Partial<Conversion> = {}): ConversionEvent {
  const conversion = conversionWith({ version: 1, ...changes });
  return { ...SAMPLE_EVENT, type: 'ConversionCreated', data: { revision: 1, conversion } };
}

export function changed(previousStatus: Conversion['status'], changes: Partial<Conversion> = {}): ConversionEvent {
  return { ...SAMPLE_EVENT, data: { ...SAMPLE_EVENT.data, conversion: conversionWith(changes), previousStatus } };
}

export function contextWith(changes: Partial<Conversion>, more: Partial<RenderContext> = {}): RenderContext {
  return { ...SAMPLE_CONTEXT, event: changed('pending', changes), ...more };
}

/** Secrets of these specs are "sealed" by being what they are. */
export function render(fields: Partial<CallbackRequestFields>, context: RenderContext = SAMPLE_CONTEXT): Rendered {
  return renderRequest(
    compileCallback(request(fields), (sealed) => sealed),
    context,
  );
}

export function rendered(fields: Partial<CallbackRequestFields>, context?: RenderContext): Extract<Rendered, { ok: true }> {
  const result = render(fields, context);
  if (!result.ok) throw new Error(result.reason);
  return result;
}

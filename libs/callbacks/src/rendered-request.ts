import type { FieldError } from '@ringback/contracts';

/** Name and value, in the order in which they are sent. */
export type Header = readonly [name: string, value: string];

/** The request, byte by byte as it is to be sent. */
export interface CallbackRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Path and query of `url`, as they stand in the request line. ASCII without white space. */
  readonly target: string;
  /** `scheme://host:port`, the port always written: what lanes and breakers are kept for. */
  readonly destination: string;
  /** One character for each byte of the value (UTF-8 read as Latin-1), as HTTP clients of Node write them. */
  readonly headers: readonly Header[];
  /** To be sent as UTF-8; null for GET. */
  readonly body: string | null;
}

/** The request as people may see it: the value of every secret is `***`. Header values are text. */
export interface MaskedRequest {
  readonly url: string;
  readonly headers: readonly Header[];
  readonly body: string | null;
}

export type Rendered =
  | {
      readonly ok: true;
      readonly request: CallbackRequest;
      readonly masked: MaskedRequest;
      /** What could not be sent as its type says. `path` names the field: `requestParams.2.value`. */
      readonly warnings: readonly FieldError[];
      /**
       * Masks this request's secrets in a text that came back (a response, a `Location`), in each form a receiver may echo. Secrets
       * shorter than four characters stay: they would turn up everywhere.
       */
      readonly mask: (text: string) => string;
    }
  /** `path` names the field that can not be rendered, `reason` says why and names it too. No value is told. */
  | { readonly ok: false; readonly path: string; readonly reason: string };

/** What stands for a secret wherever people look. */
export const MASK = '***';

/**
 * On every answer. The API serves no pages: nothing may be sniffed, framed, run or cached from it (OWASP REST Security Cheat Sheet).
 * CORS stays closed: no `Access-Control-*` header is ever sent.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

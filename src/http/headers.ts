/** Of every answer that does not say otherwise. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache, private',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Of an answer that is JSON. */
export const JSON_HEADERS: Readonly<Record<string, string>> = {
  ...SECURITY_HEADERS,
  'content-type': 'application/json',
};

/** Headers that no form and no link of another page can send: that is all they are for, and any value will do. */
export const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-gather-preflight', 'x-apollo-operation-name'];

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Whether a request says that its body is JSON, which no form and no link of another page can do either. */
export function isJson({ headers }: Request): boolean {
  return JSON_TYPE.test(headers.get('content-type') ?? '');
}

/** Whether a request has one of those headers. */
export function hasPreflight({ headers }: Request): boolean {
  return PREFLIGHT_HEADERS.some((name) => headers.get(name));
}

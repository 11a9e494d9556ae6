/** In pages and in their scripts, between quotes of one kind or another. */
const FONTS = /https:\/\/fonts\.(?:googleapis|gstatic)\.com[^"'`]*/g;
const NO_STYLES = 'data:text/css,';
const POLICY = [
  "default-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline' data:",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The dashboard's answer without what it takes from other hosts, which is its fonts: who looks at the queue is nobody
 * else's business, and a browser that reaches no other host does not wait for them. What else a page may ask of other
 * hosts, the browser refuses.
 */
export async function toLocalPage(answer: Response): Promise<Response> {
  const { status, headers } = answer;
  headers.set('content-security-policy', POLICY);
  if (!answer.body || !/html|javascript/.test(headers.get('content-type') ?? '')) return answer;
  const text = (await answer.text()).replaceAll(FONTS, NO_STYLES);
  headers.delete('content-length');
  return new Response(text, { status, headers });
}

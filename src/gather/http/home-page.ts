import type { IncomingMessage, ServerResponse } from 'node:http';
import { Accept } from '../header-fields.ts';

interface HomePage {
  /** The name of the application. */
  name: string;
  hasGraphiQL: boolean;
  isIntrospectable: boolean;
}

const STYLE = `
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
  main { max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
  dt { font-weight: bold; }
  dd { margin: 0 0 1rem; }`;
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  vary: 'Accept',
};
/** The path of the schema's text, without its slash. */
export const SCHEMA_SEGMENT = 'schema.graphql';

/** Answers `GET /` of a browser. @returns false for any other request, which is left alone */
export type AnswerHome = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Creates the page at `/`, with links to what there is. */
export function createHomePage(home: HomePage): AnswerHome {
  const page = Buffer.from(render(home));
  return (request, response) => {
    const { method, url = '', headers } = request;
    const isHome = url === '/' || url.startsWith('/?');
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isHome || !isRead || !namesHtml(headers.accept)) return false;
    response.writeHead(200, { ...HEADERS, 'content-length': page.length }).end(page);
    return true;
  };
}

// `*/*` is sent by clients that want no page.
function namesHtml(accept = ''): boolean {
  return new Accept(accept).rangesFor(['text/html']).length > 0;
}

function render({ name, hasGraphiQL, isIntrospectable }: HomePage): string {
  const links = [
    ...(hasGraphiQL ? [['/graphql', 'GraphiQL', 'write and run operations, and read the documentation']] : []),
    ...(isIntrospectable ? [[`/${SCHEMA_SEGMENT}`, 'Schema', 'all types and fields, with their descriptions']] : []),
    ['/health', 'Health', 'whether the server is alive: an empty answer with status 200'],
    ['/ready', 'Ready', 'whether it can serve, and the state of its services'],
  ];
  const entries = links.map(([href, title, text]) => `<dt><a href="${href}">${title}</a></dt><dd>${text}</dd>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(name)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main>
<h1>${escaped(name)}</h1>
<p>This is a GraphQL API. Send operations to <code>/graphql</code>.</p>
<dl>
${entries.join('\n')}
</dl>
</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

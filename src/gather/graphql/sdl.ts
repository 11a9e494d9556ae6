import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildASTSchema, type DocumentNode, GraphQLError, parse, validateSchema } from 'graphql';
import { validateSDL } from 'graphql/validation/validate.js';

/** Everything that is wrong with an SDL by the rules of GraphQL. */
export function validateSdl(sdl: string): readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = parse(sdl);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
  const errors = validateSDL(document);
  return errors.length > 0 ? errors : validateSchema(buildASTSchema(document, { assumeValidSDL: true }));
}

/**
 * The same in words, each with its line: `schema.graphql:12: Unknown type "Boook". Did you mean "Book"?`
 * @param file the path or the URL of the SDL
 */
export function findSdlFaults(sdl: string, file: string | URL): string[] {
  const path = typeof file === 'string' ? file : relative(process.cwd(), fileURLToPath(file));
  return validateSdl(sdl).map(({ message, locations = [] }) => {
    // Of two definitions the second one is at fault.
    const [line, other] = locations.map((it) => it.line).reverse();
    const place = line === undefined ? path : `${path}:${line}`;
    return `${place}: ${message}${other === undefined ? '' : ` See line ${other} too.`}`;
  });
}

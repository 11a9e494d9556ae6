import type { GraphQLParams } from 'graphql-yoga';
import * as z from 'zod';
import { badRequest } from '../bad-request.ts';
import type { FileUpload } from '../incoming-file.ts';
import { shown } from '../shown.ts';

/** Most files of one request. */
export const MAX_FILES = 10;

const FileMap = z.record(z.string(), z.array(z.string()));

/**
 * Puts a file into each variable that the map names: `{ "0": ["variables.input.file"] }`.
 * @throws 400 if a path is not that of a variable whose value is null, 413 if there are too many files
 */
export function placeFiles(params: GraphQLParams, map: unknown, toFile: (field: string) => FileUpload): void {
  const { data } = FileMap.safeParse(map);
  if (!data) throw badRequest(400, 'Expected a map such as {"0":["variables.input.file"]}, got another kind of JSON.');
  const entries = Object.entries(data);
  if (entries.length > MAX_FILES) {
    throw badRequest(413, `Expected at most ${MAX_FILES} files in one request, got ${entries.length}.`);
  }
  for (const [field, paths] of entries) {
    const file = toFile(field);
    for (const path of paths) place(params, path, file);
  }
}

function place(params: GraphQLParams, path: string, file: FileUpload): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>(ownProperty, params);
  if (keys[0] !== 'variables' || !hasOwn(parent, last)) {
    throw badRequest(400, `Expected the path of a variable in the map, such as "variables.file", got ${shown(path)}.`);
  }
  if (parent[last] !== null) throw badRequest(400, `Expected null in the place of a file, at ${shown(path)}.`);
  parent[last] = file;
}

function ownProperty(value: unknown, key: string): unknown {
  return hasOwn(value, key) ? value[key] : undefined;
}

function hasOwn(value: unknown, key: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

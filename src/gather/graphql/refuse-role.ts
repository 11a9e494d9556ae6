import { GatherError } from '../errors.ts';
import type { Role, Roles, Viewer } from '../viewer.ts';

/** @throws FORBIDDEN, or UNAUTHENTICATED, for a viewer who lacks the role that a field requires, if it requires one */
export function assertRole(viewer: Viewer, roles: Roles, least: Role | undefined): void {
  if (least && !roles.has(viewer, least)) throw refuseRole(viewer, roles, least);
}

/** The error for a viewer who lacks a role. @param least if undefined, nobody has it */
export function refuseRole(viewer: Viewer, roles: Roles, least: Role | undefined): Error {
  if (viewer.failure) return viewer.failure;
  if (!least) return new GatherError('FORBIDDEN', 'Nobody may do this: the field has no @auth.');
  if (viewer.role === roles.least) {
    return new GatherError('UNAUTHENTICATED', `Expected a viewer who is signed in, as ${least}, got nobody.`);
  }
  return new GatherError('FORBIDDEN', `Expected a viewer who is ${least}, got one who is ${viewer.role}.`);
}

import type { Id } from '../database/schema.ts';
import { GatherError } from '../errors.ts';
import { hasRole, ownerOf, PUBLIC, type Viewer } from '../viewer.ts';

/**
 * Whose a new file is: the viewer's; the photo of an item is everybody's.
 * @throws FORBIDDEN where somebody other than STAFF would set a photo
 */
export function ownerOfFile(viewer: Viewer, itemId: Id | null | undefined): string | null {
  if (itemId == null) return ownerOf(viewer);
  if (hasRole(viewer, 'STAFF')) return PUBLIC;
  const message = `Expected a viewer who is STAFF, for the photo of an item, got one who is ${viewer.role}.`;
  throw new GatherError('FORBIDDEN', message, { field: 'itemId' });
}

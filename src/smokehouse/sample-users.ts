import type { SampleUser } from 'gather';

/** Sample accounts. */
export const sampleUsers: readonly SampleUser[] = [
  { email: 'pitmaster@smokehouse.example', name: 'Pitmaster', role: 'STAFF' },
  { email: 'guest@smokehouse.example', name: 'Guest', role: 'CUSTOMER' },
];

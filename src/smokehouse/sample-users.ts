import type { SampleUser } from 'gather';

/** Accounts to try. */
export const sampleUsers: readonly SampleUser[] = [
  { email: 'pitmaster@smokehouse.example', name: 'Pitmaster', role: 'STAFF' },
  { email: 'guest@smokehouse.example', name: 'Guest', role: 'CUSTOMER' },
];

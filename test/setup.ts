import { afterAll, expect } from 'vitest';

/** Files share their process: a clock or timer that one has faked must not be the next one's. */
const clocks = () => [globalThis.setTimeout, globalThis.setInterval, globalThis.Date, globalThis.performance.now];
const real = clocks();

afterAll(() => expect(clocks()).toEqual(real));

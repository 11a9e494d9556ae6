import { expect, test } from 'vitest';
import { literal } from '../../../src/gather/codegen/literal.ts';

test.each(['film', "o'brien", 'a "b"', 'a\\', '\\"', "\\'", 'a\nb', '`', '\u2028'])(
  '%j is the text that it says',
  (text) => {
    expect(literal(text)[0]).toBe("'");
    expect(new Function(`return ${literal(text)}`)()).toBe(text);
  },
);

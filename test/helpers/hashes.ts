import crypto, { type Argon2Parameters } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** How much work a hash of a password was. */
export type HashWork = { algorithm: string } & Pick<
  Argon2Parameters,
  'memory' | 'passes' | 'parallelism' | 'tagLength'
>;

/**
 * Records each hash of a password that this process makes, until it is disposed of.
 * @returns `take` gives what was recorded since it was last called
 */
export function recordHashes(): Disposable & { take(): HashWork[] } {
  const { argon2 } = crypto;
  let recorded: HashWork[] = [];
  replaceArgon2(
    new Proxy(argon2, {
      apply(target, self, [algorithm, parameters, callback]) {
        const { memory, passes, parallelism, tagLength } = parameters;
        recorded.push({ algorithm, memory, passes, parallelism, tagLength });
        return Reflect.apply(target, self, [algorithm, parameters, callback]);
      },
    }),
  );
  return {
    take: () => {
      const taken = recorded;
      recorded = [];
      return taken;
    },
    [Symbol.dispose]: () => replaceArgon2(argon2),
  };
}

function replaceArgon2(argon2: typeof crypto.argon2): void {
  crypto.argon2 = argon2;
  syncBuiltinESMExports();
}

// Appends 256 MB to an object of a local store. Says so once 4 MB are taken, and what became of it in the end.
// Usage: node append-program.ts DIRECTORY KEY
import { createLocalStore } from '../../src/gather/files/local-store.ts';
import { piecesFrom } from './bytes.ts';

const TOTAL = 256_000_000;
const [directory = '', key = ''] = process.argv.slice(2);
const store = createLocalStore(directory);

async function* told() {
  let taken = 0;
  for await (const piece of piecesFrom(0, TOTAL)) {
    yield piece;
    if (taken < 4_000_000 && taken + piece.length >= 4_000_000) console.log('writing');
    taken += piece.length;
  }
}

try {
  await store.append(key, 0, told(), new AbortController().signal);
  console.log('done');
} catch (error) {
  console.log(`failed ${JSON.stringify(error)} ${error} kept ${await store.keptBytes(key)}`);
}

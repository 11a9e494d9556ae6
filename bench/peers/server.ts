import { measureSelf } from '../measure-self.ts';

/** The options of a peer, passed as JSON in its first argument. */
interface PeerOptions {
  /** The file of the peer, without its ending. */
  file: string;
  databaseUrl: string;
}

const { file, databaseUrl }: PeerOptions = JSON.parse(process.argv[2] as string);
const { start } = await import(`./${file}.ts`);
measureSelf(await start(databaseUrl));

/** The settings that secrets are in. */
interface Settings {
  databaseUrl: string;
  services: Readonly<Record<string, { url: string }>>;
  store: Bucket | { directory: string };
}

/** A store that is opened with keys. */
interface Bucket {
  s3: { accessKeyId: string; secretAccessKey: string };
}

/** What settings have of passwords and keys: never to be logged, wherever it turns up. */
export function secretsOf({ databaseUrl, services, store }: Settings): string[] {
  const urls = [databaseUrl, ...Object.values(services).map(({ url }) => url)];
  return [...urls.flatMap(passwordsOf), ...keysOf(store)];
}

/** What a bucket is opened with. */
export function keysOf(store: Settings['store']): string[] {
  return 's3' in store ? [store.s3.accessKeyId, store.s3.secretAccessKey] : [];
}

/** Of the user info and of the query, where PostgreSQL takes one too; as it is written and as it is meant. */
export function passwordsOf(text: string): string[] {
  const { password, searchParams } = new URL(text);
  return [password, decodeURIComponent(password), ...searchParams.getAll('password')];
}

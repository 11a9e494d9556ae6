/** The settings that contain secrets. */
interface Settings {
  databaseUrl: string;
  databaseDirectUrl?: string | undefined;
  databaseReplicaUrl?: string | undefined;
  services: Readonly<Record<string, { url: string }>>;
  store: Bucket | { directory: string };
}

/** A store with access keys. */
interface Bucket {
  s3: { accessKeyId: string; secretAccessKey: string };
}

/** The passwords and keys in the settings, which must never be logged. */
export function secretsOf({ databaseUrl, databaseDirectUrl, databaseReplicaUrl, services, store }: Settings): string[] {
  const databases = [databaseUrl, databaseDirectUrl, databaseReplicaUrl].filter((url) => url !== undefined);
  const urls = [...databases, ...Object.values(services).map(({ url }) => url)];
  return [...urls.flatMap(passwordsOf), ...keysOf(store)];
}

/** The access keys of a bucket. */
export function keysOf(store: Settings['store']): string[] {
  return 's3' in store ? [store.s3.accessKeyId, store.s3.secretAccessKey] : [];
}

/** The passwords in a URL: of the user info, encoded and decoded, and of the query, where PostgreSQL accepts one too. */
export function passwordsOf(text: string): string[] {
  const { password, searchParams } = new URL(text);
  return [password, decodeURIComponent(password), ...searchParams.getAll('password')];
}

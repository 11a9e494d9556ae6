/** The settings that contain secrets. */
interface Settings {
  databaseUrl?: string | undefined;
  databaseDirectUrl?: string | undefined;
  databaseReplicaUrl?: string | undefined;
  services: Readonly<Record<string, Service>>;
  store: { s3: { accessKeyId: string; secretAccessKey: string } } | { directory: string };
}

interface Service {
  url?: string | undefined;
  credentials?: Readonly<Record<string, string>> | undefined;
}

/** The passwords and keys in the settings, which must never be logged. */
export function secretsOf(settings: Settings): string[] {
  const { databaseUrl, databaseDirectUrl, databaseReplicaUrl, services, store } = settings;
  const urls = [databaseUrl, databaseDirectUrl, databaseReplicaUrl, ...Object.values(services).map(({ url }) => url)];
  const keys = 's3' in store ? [store.s3.accessKeyId, store.s3.secretAccessKey] : [];
  return [...urls.flatMap(passwordsOf), ...keys, ...Object.values(services).flatMap(credentialsOf)];
}

/** Of `user:password`, the password by itself too. */
function credentialsOf({ credentials = {} }: Service): string[] {
  return Object.values(credentials).flatMap((value) =>
    /:./.test(value) ? [value, value.slice(value.indexOf(':') + 1)] : [value],
  );
}

/** The passwords in a URL: of the user info, encoded and decoded, and of the query, where PostgreSQL accepts one too. */
function passwordsOf(text?: string): string[] {
  if (text === undefined) return [];
  const { password, searchParams } = new URL(text);
  return [password, decodeURIComponent(password), ...searchParams.getAll('password')];
}

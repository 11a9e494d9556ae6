import { type RawBuilder, sql } from 'kysely';
import type { Database, TableReference } from '../database/database.ts';
import { param } from '../database/statement.ts';

/** An attempt to sign in. */
export interface Attempt {
  /** Email of the account, existing or not. */
  email: string;
  /** Rate-limit key of the address that the attempt comes from. */
  sender: string;
}

/** The limit that an attempt exceeds. */
interface Refusal {
  of: 'account' | 'sender';
  retryAfterSeconds: number;
}

/** Attempts within 15 minutes. */
const MAX_OF_ACCOUNT = 10;
const MAX_OF_SENDER = 50;

const senderKey = sql`'sender:' || ${param('sender')}::text`;
/** `lower` as in the index of accounts, so that all spellings of an email share one count. */
const accountKey = sql`'account:' || encode(sha256(convert_to(lower(${param('email')}::text), 'UTF8')), 'hex')`;
const takingBack = (table: TableReference) => sql`
  update ${table('gather.signInAttempts')} set count = count - 1 where key = ${senderKey} and count > 0 returning key`;

/**
 * Counts an attempt for its sender and, unless the sender has too many, for its account: a sender past its limit cannot
 * lock more accounts. Every statement here locks the sender's row first, which prevents deadlocks.
 * @returns why the attempt is refused; undefined if it is allowed
 */
export async function countAttempt(database: Database, attempt: Attempt): Promise<Refusal | undefined> {
  const statement = database.bind(
    'countAttempt',
    (table) => sql<Refusal>`
      with sender as (${counting(table, senderKey, sql`(select) as "any"`)}),
      account as (${counting(table, accountKey, sql`sender where count <= ${sql.lit(MAX_OF_SENDER)}`)}),
      refusal as (
        select 'sender' as "of", "until" from sender where count > ${sql.lit(MAX_OF_SENDER)}
        union all
        select 'account', "until" from account where count > ${sql.lit(MAX_OF_ACCOUNT)}
      )
      select "of", ceil(extract(epoch from "until" - now()))::integer as "retryAfterSeconds" from refusal`,
    { ...attempt },
  );
  return (await database.run(statement, { name: 'signIn.countAttempt' })).rows[0];
}

/** Takes back a sender's attempt that succeeded, and forgets those that failed for the account. */
export async function forgiveAttempt(database: Database, attempt: Attempt): Promise<void> {
  const statement = database.bind(
    'forgiveAttempt',
    (table) => sql<never>`
      with sender as (${takingBack(table)})
      delete from ${table('gather.signInAttempts')} where key = ${accountKey} and (select count(*) from sender) >= 0`,
    { ...attempt },
  );
  await database.run(statement, { name: 'signIn.forgiveAttempt' });
}

/** Takes back an attempt that was counted but not made. */
export async function takeBackAttempt(database: Database, attempt: Attempt): Promise<void> {
  const statement = database.bind(
    'takeBackAttempt',
    (table) => sql<never>`
      with sender as (${takingBack(table)})
      update ${table('gather.signInAttempts')} set count = count - 1
      where key = ${accountKey} and count > 0 and (select count(*) from sender) >= 0`,
    { ...attempt },
  );
  await database.run(statement, { name: 'signIn.takeBackAttempt' });
}

/** Adds one for each row of the source. Restarts a count whose time is over. */
function counting(table: TableReference, key: RawBuilder<unknown>, source: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into ${table('gather.signInAttempts')} as known (key, count, "until")
    select ${key}, 1, now() + interval '15 minutes' from ${source}
    on conflict (key) do update set
      count = case when known."until" > now() then known.count + 1 else 1 end,
      "until" = case when known."until" > now() then known."until" else excluded."until" end
    returning count, "until"`;
}

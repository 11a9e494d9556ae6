import type { Registered } from '../register.ts';
import type { Key } from './bulk.ts';
import type { OperationTypes } from './contract.ts';
import type { ServiceDefinition } from './define-service.ts';

type Defined = Registered<'services', Readonly<Record<never, never>>>;

/** The application's services, by their names. */
export type Services = {
  readonly [Name in keyof Defined]: Defined[Name] extends ServiceDefinition<infer Api, infer Bulks>
    ? Operations<Api, Bulks>
    : never;
};

/** The operations of a service, as functions. */
type Operations<Api, Bulks> = {
  readonly [Name in keyof Api]: Api[Name] extends OperationTypes
    ? Call<Api[Name]> & (Name extends keyof Bulks ? ByKey<ValueOf<Api[Name], Bulks[Name]>> : unknown)
    : never;
};

type Call<Operation extends OperationTypes> = object extends Operation['request']
  ? (values?: Operation['request']) => Promise<Operation['response']>
  : (values: Operation['request']) => Promise<Operation['response']>;

interface ByKey<Value> {
  /**
   * Reads the values of any number of keys, in concurrent calls.
   * @returns one result per key, in key order: null if there is none, the error of its call if that failed
   */
  byKey(keys: readonly Key[]): Promise<(Value | null | Error)[]>;
}

/** The value of one key, in the answer of an operation. */
type ValueOf<Operation extends OperationTypes, Declared> = Declared extends { out: infer Out extends string }
  ? ValueIn<Exclude<Operation['response'], undefined>, Out>
  : Exclude<Operation['response'], undefined>;

type ValueIn<Body, Out extends string> = Out extends `${infer Path}[]`
  ? Element<At<Body, Path>>
  : Out extends '*'
    ? Element<Body>
    : Out extends `${infer Path}.*`
      ? Element<At<Body, Path>>
      : At<Body, Out>;

type Element<Values> = Values extends readonly (infer Value)[] ? Value : Values[keyof Values];

type At<Body, Path extends string> = Path extends ''
  ? Body
  : Path extends `${infer Name}.${infer Rest}`
    ? At<NonNullable<Property<Body, Name>>, Rest>
    : NonNullable<Property<Body, Path>>;

type Property<Body, Name> = Name extends keyof Body ? Body[Name] : never;

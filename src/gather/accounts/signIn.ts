import * as z from 'zod';
import { text } from '../graphql/inputs.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';

const Proof = z.object({ email: text(1, 320), password: text(1, 1000) });

/** Ends the session of the request, if any, so that its token does not give access to the new one. */
export const signIn: MutationResolvers['signIn'] = (_, { input }, context) =>
  runMutation(context, { token: null, viewer: null, expiresAt: null }, async () => {
    const { accounts, signal, address, viewer, setCookie } = context;
    const session = await accounts.signIn(signal, { ...Proof.parse(input), address });
    setCookie(accounts.cookie.toSet(session.token));
    await accounts.signOut(signal, viewer, address);
    return session;
  });

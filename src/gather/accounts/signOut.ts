import type { MutationResolvers } from '../graphql/schema.generated.ts';

export const signOut: MutationResolvers['signOut'] = async (
  _,
  __,
  { accounts, signal, address, viewer, setCookie },
) => {
  if (viewer.failure) throw viewer.failure;
  const signedOut = await accounts.signOut(signal, viewer, address);
  setCookie(accounts.cookie.toClear());
  return { signedOut, userErrors: [] };
};

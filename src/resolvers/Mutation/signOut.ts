import type { MutationResolvers } from '../types.generated.ts';

export const signOut: MutationResolvers['signOut'] = async (_, __, { accounts, database, viewer, setCookie }) => {
  if (viewer.failure) throw viewer.failure;
  const signedOut = await accounts.signOut(database, viewer);
  setCookie(accounts.cookie.toClear());
  return { signedOut, userErrors: [] };
};

import { toGlobalId } from '../global-id.ts';
import type { UserResolvers } from '../graphql/schema.generated.ts';

export const User: UserResolvers = {
  id: ({ user }) => toGlobalId('User', user.owner),
  email: ({ user }) => user.email,
  name: ({ user }) => user.name,
};

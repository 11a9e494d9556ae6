import type { UserResolvers } from '../graphql/schema.generated.ts';

export const User: UserResolvers = {
  id: ({ user }) => Buffer.from(`User:${user.owner}`).toString('base64'),
  email: ({ user }) => user.email,
  name: ({ user }) => user.name,
};

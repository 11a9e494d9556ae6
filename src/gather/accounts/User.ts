import type { UserResolvers } from '../../smokehouse/generated/schema.ts';

export const User: UserResolvers = {
  id: ({ user }) => Buffer.from(`User:${user.owner}`).toString('base64'),
  email: ({ user }) => user.email,
  name: ({ user }) => user.name,
};

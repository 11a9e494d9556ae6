import type { MutationResolvers } from '../generated/schema.ts';
import { smokeSomeMeats as smoke } from './smoke.ts';

export const smokeSomeMeats: MutationResolvers['smokeSomeMeats'] = async (_, __, { services, signal }) => {
  const { failures, ...smoked } = await smoke(services.suppliers, signal);
  return { ...smoked, userErrors: failures.map((failure) => ({ ...failure, field: null })) };
};

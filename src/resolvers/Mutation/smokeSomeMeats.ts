import { smokeSomeMeats as smoke } from '../../shop/smoke.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const smokeSomeMeats: MutationResolvers['smokeSomeMeats'] = async (_, __, { upstreams, signal }) => {
  const { failures, ...smoked } = await smoke(upstreams.suppliers, signal);
  return { ...smoked, userErrors: failures.map((failure) => ({ ...failure, field: null })) };
};

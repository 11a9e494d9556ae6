import { Customer } from './Customer.ts';
import { connectionResolvers, edgeResolvers } from './connections.ts';
import { Home } from './Home.ts';
import { Item } from './Item.ts';
import { Menu } from './Menu.ts';
import { addReview } from './Mutation/addReview.ts';
import { completeTask } from './Mutation/completeTask.ts';
import { createItem } from './Mutation/createItem.ts';
import { createItems } from './Mutation/createItems.ts';
import { createTask } from './Mutation/createTask.ts';
import { deleteItem } from './Mutation/deleteItem.ts';
import { getOrCreateItem } from './Mutation/getOrCreateItem.ts';
import { repriceItems } from './Mutation/repriceItems.ts';
import { updateItem } from './Mutation/updateItem.ts';
import { updateItems } from './Mutation/updateItems.ts';
import { updateOrCreateItem } from './Mutation/updateOrCreateItem.ts';
import { Promo } from './Promo.ts';
import { Query } from './Query.ts';
import { Recommendation } from './Recommendation.ts';
import { Review } from './Review.ts';
import { Supplier } from './Supplier.ts';
import { DateTime, Decimal } from './scalars.ts';
import { Task } from './Task.ts';
import type { Resolvers } from './types.generated.ts';

/** Where each type of schema.graphql is resolved. Fields without a resolver are read from their parent. */
export const resolvers = {
  Query,
  Mutation: {
    createItem,
    updateItem,
    deleteItem,
    getOrCreateItem,
    updateOrCreateItem,
    createItems,
    updateItems,
    repriceItems,
    createTask,
    completeTask,
    addReview,
  },
  Home,
  Promo,
  Recommendation,
  Menu,
  Item,
  Supplier,
  Customer,
  Review,
  Task,
  ItemConnection: connectionResolvers,
  ItemEdge: edgeResolvers,
  ReviewConnection: connectionResolvers,
  ReviewEdge: edgeResolvers,
  TaskConnection: connectionResolvers,
  TaskEdge: edgeResolvers,
  DateTime,
  Decimal,
} satisfies Omit<Resolvers, 'Menu'> & { Menu: object };

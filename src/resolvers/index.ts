import { Certificate } from './Certificate.ts';
import { Customer } from './Customer.ts';
import { connectionResolvers, edgeResolvers } from './connections.ts';
import { Home } from './Home.ts';
import { Item } from './Item.ts';
import { Job } from './Job.ts';
import { Menu } from './Menu.ts';
import { add } from './Mutation/add.ts';
import { addReview } from './Mutation/addReview.ts';
import { burnSomeMeats } from './Mutation/burnSomeMeats.ts';
import { cancelJob } from './Mutation/cancelJob.ts';
import { completeTask } from './Mutation/completeTask.ts';
import { createItem } from './Mutation/createItem.ts';
import { createItems } from './Mutation/createItems.ts';
import { createTask } from './Mutation/createTask.ts';
import { createUpload } from './Mutation/createUpload.ts';
import { deleteFile } from './Mutation/deleteFile.ts';
import { deleteItem } from './Mutation/deleteItem.ts';
import { fetchData } from './Mutation/fetchData.ts';
import { getOrCreateItem } from './Mutation/getOrCreateItem.ts';
import { issueCertificate } from './Mutation/issueCertificate.ts';
import { placeOrder } from './Mutation/placeOrder.ts';
import { repriceItems } from './Mutation/repriceItems.ts';
import { retryJob } from './Mutation/retryJob.ts';
import { runSchedule } from './Mutation/runSchedule.ts';
import { signIn } from './Mutation/signIn.ts';
import { signOut } from './Mutation/signOut.ts';
import { smokeSomeMeats } from './Mutation/smokeSomeMeats.ts';
import { updateItem } from './Mutation/updateItem.ts';
import { updateItems } from './Mutation/updateItems.ts';
import { updateOrCreateItem } from './Mutation/updateOrCreateItem.ts';
import { uploadFile } from './Mutation/uploadFile.ts';
import { writeDailyStatistics } from './Mutation/writeDailyStatistics.ts';
import { Order } from './Order.ts';
import { OrderLine } from './OrderLine.ts';
import { Promo } from './Promo.ts';
import { Query } from './Query.ts';
import { Recommendation } from './Recommendation.ts';
import { Review } from './Review.ts';
import { Schedule } from './Schedule.ts';
import { StoredFile } from './StoredFile.ts';
import { Subscription } from './Subscription.ts';
import { Supplier } from './Supplier.ts';
import { DateScalar, DateTime, Decimal, FileScalar, JSONScalar, URLScalar } from './scalars.ts';
import { Task } from './Task.ts';
import type { Resolvers } from './types.generated.ts';
import { Upload } from './Upload.ts';
import { User } from './User.ts';

/** Where each type of schema.graphql is resolved. Fields without a resolver are read from their parent. */
export const resolvers = {
  Query,
  Mutation: {
    signIn,
    signOut,
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
    placeOrder,
    createUpload,
    uploadFile,
    deleteFile,
    issueCertificate,
    add,
    fetchData,
    cancelJob,
    retryJob,
    runSchedule,
    writeDailyStatistics,
    smokeSomeMeats,
    burnSomeMeats,
  },
  Subscription,
  User,
  Home,
  Promo,
  Recommendation,
  Menu,
  Item,
  Supplier,
  Customer,
  Review,
  Task,
  Order,
  OrderLine,
  StoredFile,
  Certificate,
  Upload,
  Job,
  Schedule,
  ItemConnection: connectionResolvers,
  ItemEdge: edgeResolvers,
  ReviewConnection: connectionResolvers,
  ReviewEdge: edgeResolvers,
  TaskConnection: connectionResolvers,
  TaskEdge: edgeResolvers,
  OrderConnection: connectionResolvers,
  OrderEdge: edgeResolvers,
  JobConnection: connectionResolvers,
  JobEdge: edgeResolvers,
  Date: DateScalar,
  DateTime,
  Decimal,
  File: FileScalar,
  JSON: JSONScalar,
  URL: URLScalar,
} satisfies Omit<Resolvers, 'Menu'> & { Menu: object };

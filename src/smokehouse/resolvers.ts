import { signIn } from '../gather/accounts/signIn.ts';
import { signOut } from '../gather/accounts/signOut.ts';
import { User } from '../gather/accounts/User.ts';
import { createUpload } from '../gather/files/createUpload.ts';
import { deleteFile } from '../gather/files/deleteFile.ts';
import { StoredFile } from '../gather/files/StoredFile.ts';
import { Upload } from '../gather/files/Upload.ts';
import { uploadFile } from '../gather/files/uploadFile.ts';
import { connectionResolvers, edgeResolvers } from '../gather/graphql/connections.ts';
import { DateScalar, DateTime, Decimal, FileScalar, JSONScalar, URLScalar } from '../gather/graphql/scalars.ts';
import { cancelJob } from '../gather/jobs/cancelJob.ts';
import { Job } from '../gather/jobs/Job.ts';
import { retryJob } from '../gather/jobs/retryJob.ts';
import { runSchedule } from '../gather/jobs/runSchedule.ts';
import { Schedule } from '../gather/jobs/Schedule.ts';
import { Subscription } from '../gather/jobs/Subscription.ts';
import { burnSomeMeats } from './burn/burnSomeMeats.ts';
import { Certificate } from './certificates/Certificate.ts';
import { issueCertificate } from './certificates/issueCertificate.ts';
import { add } from './demo-jobs/add.ts';
import { fetchData } from './demo-jobs/fetchData.ts';
import type { Resolvers } from './generated/schema.ts';
import { Home } from './home/Home.ts';
import { Promo } from './home/Promo.ts';
import { Recommendation } from './home/Recommendation.ts';
import { createItem } from './items/createItem.ts';
import { createItems } from './items/createItems.ts';
import { deleteItem } from './items/deleteItem.ts';
import { getOrCreateItem } from './items/getOrCreateItem.ts';
import { Item } from './items/Item.ts';
import { Menu } from './items/Menu.ts';
import { repriceItems } from './items/repriceItems.ts';
import { updateItem } from './items/updateItem.ts';
import { updateItems } from './items/updateItems.ts';
import { updateOrCreateItem } from './items/updateOrCreateItem.ts';
import { Order } from './orders/Order.ts';
import { OrderLine } from './orders/OrderLine.ts';
import { placeOrder } from './orders/placeOrder.ts';
import { Query } from './Query.ts';
import { addReview } from './reviews/addReview.ts';
import { Customer } from './reviews/Customer.ts';
import { Review } from './reviews/Review.ts';
import { smokeSomeMeats } from './smoke/smokeSomeMeats.ts';
import { writeDailyStatistics } from './statistics/writeDailyStatistics.ts';
import { Supplier } from './suppliers/Supplier.ts';
import { completeTask } from './tasks/completeTask.ts';
import { createTask } from './tasks/createTask.ts';
import { Task } from './tasks/Task.ts';

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

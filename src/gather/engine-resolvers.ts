import { signIn } from './accounts/signIn.ts';
import { signOut } from './accounts/signOut.ts';
import { User } from './accounts/User.ts';
import { createCreateUpload } from './files/createUpload.ts';
import { deleteFile } from './files/deleteFile.ts';
import { StoredFile } from './files/StoredFile.ts';
import { Upload } from './files/Upload.ts';
import { createUploadFile } from './files/uploadFile.ts';
import { Query } from './graphql/Query.ts';
import {
  Base64,
  BigIntScalar,
  DateScalar,
  DateTime,
  Decimal,
  Duration,
  FileScalar,
  JSONScalar,
  LocalDateTime,
  LocalTime,
  URLScalar,
  UUID,
} from './graphql/scalars.ts';
import { cancelJob } from './jobs/cancelJob.ts';
import { Job } from './jobs/Job.ts';
import { Query as JobQuery } from './jobs/Query.ts';
import { retryJob } from './jobs/retryJob.ts';
import { runSchedule } from './jobs/runSchedule.ts';
import { Schedule } from './jobs/Schedule.ts';
import { Subscription } from './jobs/Subscription.ts';

/**
 * The resolvers of the engine's types and fields. An application uses those that its SDL declares, and may override
 * them.
 */
export const engineResolvers = {
  Query: { ...Query, ...JobQuery },
  Mutation: {
    signIn,
    signOut,
    uploadFile: createUploadFile(),
    createUpload: createCreateUpload(),
    deleteFile,
    cancelJob,
    retryJob,
    runSchedule,
  },
  Subscription,
  User,
  StoredFile,
  Upload,
  Job,
  Schedule,
  Base64,
  BigInt: BigIntScalar,
  Date: DateScalar,
  DateTime,
  Decimal,
  Duration,
  File: FileScalar,
  JSON: JSONScalar,
  LocalDateTime,
  LocalTime,
  URL: URLScalar,
  UUID,
};

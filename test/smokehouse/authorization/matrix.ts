/**
 * Who sees which field, type by type: `+` sees it, `-` does not. The first sign is for nobody in particular, the second for
 * the customer to whom belongs what belongs to somebody, the third for another customer, the fourth for STAFF.
 */
export const MATRIX: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Query: {
    '++++': 'node viewer nodes home quotes item menu about',
    '---+': 'tasks dailyStatistics schedules',
    '-+++': 'orders job jobs',
  },
  Mutation: {
    '++++': 'signIn signOut',
    '---+':
      'createItem updateItem deleteItem getOrCreateItem updateOrCreateItem createItems updateItems repriceItems createTask completeTask issueCertificate burnSomeMeats writeDailyStatistics runSchedule',
    '-+++': 'addReview placeOrder uploadFile createUpload deleteFile smokeSomeMeats add fetchData cancelJob retryJob',
  },
  Subscription: {
    '-+-+': 'job',
  },
  PageInfo: {
    '++++': 'hasNextPage hasPreviousPage startCursor endCursor',
  },
  UserError: {
    '-+++': 'code message field',
  },
  User: {
    '-+++': 'id email name role',
  },
  Home: {
    '++++': 'promo recommendations featured',
  },
  Promo: {
    '++++': 'title text item',
  },
  Recommendation: {
    '++++': 'reason item',
  },
  QuoteRound: {
    '++++': 'quotes elapsed message',
  },
  Quote: {
    '++++': 'supplier price error',
  },
  Item: {
    '++++':
      'id sku name description status price calories version createdAt updatedAt supplier currentPrice stock reviews averageRating photo',
  },
  Menu: {
    '++++': 'count exists first last price items all',
  },
  PriceStatistics: {
    '++++': 'average minimum maximum sum',
  },
  ItemConnection: {
    '++++': 'edges nodes pageInfo totalCount',
  },
  ItemEdge: {
    '++++': 'node cursor',
  },
  Supplier: {
    '++++': 'id name city items',
  },
  Customer: {
    '++++': 'id name city reviews',
  },
  Review: {
    '++++': 'id rating text createdAt item customer',
  },
  ReviewConnection: {
    '++++': 'edges nodes pageInfo totalCount',
  },
  ReviewEdge: {
    '++++': 'node cursor',
  },
  About: {
    '++++': 'name text address openingHours',
  },
  Task: {
    '---+': 'id title done createdAt completedAt',
  },
  TaskConnection: {
    '---+': 'edges nodes pageInfo totalCount',
  },
  TaskEdge: {
    '---+': 'node cursor',
  },
  Order: {
    '-+-+': 'id status total createdAt lines job',
  },
  OrderLine: {
    '-+-+': 'item quantity price total',
  },
  OrderConnection: {
    '-+++': 'edges nodes pageInfo totalCount',
  },
  OrderEdge: {
    '-+++': 'node cursor',
  },
  DailyStatistics: {
    '---+': 'date orders revenue averageRating',
  },
  StoredFile: {
    '-+-+': 'id name type size sha256 url width height thumbnail createdAt',
  },
  Upload: {
    '-+++': 'url expiresAt',
  },
  Certificate: {
    '-+-+': 'id recipient amount issuedAt url',
  },
  Job: {
    '-+-+': 'id task state progress message input result error attempts createdAt startedAt finishedAt',
  },
  JobError: {
    '-+-+': 'code message',
  },
  JobConnection: {
    '-+++': 'edges nodes pageInfo totalCount',
  },
  JobEdge: {
    '-+++': 'node cursor',
  },
  Schedule: {
    '---+': 'name task cron nextRunAt lastJob',
  },
  SignInPayload: {
    '++++': 'token viewer expiresAt userErrors',
  },
  SignOutPayload: {
    '++++': 'signedOut userErrors',
  },
  ItemPayload: {
    '---+': 'item userErrors',
  },
  GetOrCreateItemPayload: {
    '---+': 'item created userErrors',
  },
  DeleteItemPayload: {
    '---+': 'deletedId userErrors',
  },
  ItemsPayload: {
    '---+': 'items userErrors',
  },
  RepriceItemsPayload: {
    '---+': 'count userErrors',
  },
  TaskPayload: {
    '---+': 'task userErrors',
  },
  ReviewPayload: {
    '-+++': 'review userErrors',
  },
  OrderPayload: {
    '-+++': 'order userErrors',
  },
  JobPayload: {
    '-+++': 'job userErrors',
  },
  SmokePayload: {
    '-+++': 'meats flavor message userErrors',
  },
  BurnPayload: {
    '---+': 'message elapsed',
  },
  FilePayload: {
    '-+++': 'file userErrors',
  },
  UploadPayload: {
    '-+++': 'upload userErrors',
  },
  DeleteFilePayload: {
    '-+++': 'deletedId userErrors',
  },
  CertificatePayload: {
    '---+': 'certificate userErrors',
  },
};

import { toGlobalId } from '../../../src/gather/global-id.ts';
import type { TestDatabase } from '../../helpers/database.ts';

/** What of each type that belongs to somebody there is one of. */
export type OwnedIds = Record<'Order' | 'Job' | 'StoredFile' | 'Certificate', string>;

/** Writes an order, its job, a file and a certificate of this owner. @returns their IDs */
export async function insertOwned(database: TestDatabase, owner: string): Promise<OwnedIds> {
  const [row] = await database.ask(
    `with failed as (
       insert into job (task, owner, input, state, error, "deliveryId", "finishedAt")
       values ('add', $1, '{"x":1,"y":2}', 'FAILED', '{"code":"TASK_FAILED","message":"Burned."}', gen_random_uuid(), now())
       returning id
     ), placed as (
       insert into "order" (owner, total, "jobId") select $1, 1, id from failed returning id
     ), line as (
       insert into "orderLine" ("orderId", "itemId", quantity, price) select id, 1, 1, 1 from placed
     ), kept as (
       insert into file (key, name, type, size, sha256, owner)
       values (gen_random_uuid(), 'smoke.txt', 'text/plain', 1, repeat('0', 64), $1),
         (gen_random_uuid(), 'certificate.pdf', 'application/pdf', 1, repeat('0', 64), $1)
       returning id
     ), issued as (
       insert into certificate (recipient, amount, "fileId", owner) select 'Guest', 1, max(id), $1 from kept returning id
     )
     select placed.id as "Order", failed.id as "Job", (select min(id) from kept) as "StoredFile", issued.id as "Certificate"
     from placed, failed, issued`,
    [owner],
  );
  const { Order, Job, StoredFile, Certificate } = row as OwnedIds;
  return {
    Order: toGlobalId('Order', Order),
    Job: toGlobalId('Job', Job),
    StoredFile: toGlobalId('StoredFile', StoredFile),
    Certificate: toGlobalId('Certificate', Certificate),
  };
}

const ITEM = toGlobalId('Item', '1');
const SUPPLIER = toGlobalId('Supplier', '1');
const NEW_ITEM = `{ sku: "M", name: "M", price: "1", supplierId: "${SUPPLIER}" }`;

/** How each type is come by: a document with a `#` in the place of a field of that type. */
export function entriesTo(own: OwnedIds): Record<string, string> {
  const node = (type: string, id: string) => `{ node(id: "${id}") { ... on ${type} { # } } }`;
  const payload = (mutation: string) => `mutation { ${mutation} { # } }`;
  return {
    Query: '{ # }',
    Mutation: 'mutation { # }',
    Subscription: 'subscription { # }',
    User: '{ viewer { # } }',
    Home: '{ home { # } }',
    Promo: '{ home { promo { # } } }',
    Recommendation: '{ home { recommendations { # } } }',
    QuoteRound: '{ quotes(count: 1) { # } }',
    Quote: '{ quotes(count: 1) { quotes { # } } }',
    About: '{ about { # } }',
    Menu: '{ menu { # } }',
    PriceStatistics: '{ menu { price { # } } }',
    ItemConnection: '{ menu { items(first: 1) { # } } }',
    ItemEdge: '{ menu { items(first: 1) { edges { # } } } }',
    PageInfo: '{ menu { items(first: 1) { pageInfo { # } } } }',
    Item: node('Item', ITEM),
    Supplier: node('Supplier', SUPPLIER),
    Customer: node('Customer', toGlobalId('Customer', '1')),
    Review: node('Review', toGlobalId('Review', '1')),
    ReviewConnection: '{ menu { first { reviews(first: 1) { # } } } }',
    ReviewEdge: '{ node(id: "Q3VzdG9tZXI6MQ==") { ... on Customer { reviews(first: 1) { edges { # } } } } }',
    Task: node('Task', toGlobalId('Task', '1')),
    TaskConnection: '{ tasks(first: 1) { # } }',
    TaskEdge: '{ tasks(first: 1) { edges { # } } }',
    Order: node('Order', own.Order),
    OrderLine: `{ node(id: "${own.Order}") { ... on Order { lines { # } } } }`,
    OrderConnection: '{ orders(first: 1) { # } }',
    OrderEdge: '{ orders(first: 1) { edges { # } } }',
    DailyStatistics: '{ dailyStatistics(from: "2026-01-01", to: "2026-01-01") { # } }',
    StoredFile: node('StoredFile', own.StoredFile),
    Certificate: node('Certificate', own.Certificate),
    Job: node('Job', own.Job),
    JobError: `{ node(id: "${own.Job}") { ... on Job { error { # } } } }`,
    JobConnection: '{ jobs(first: 1) { # } }',
    JobEdge: '{ jobs(first: 1) { edges { # } } }',
    Schedule: '{ schedules { # } }',
    Upload: 'mutation { createUpload(input: { name: "a", size: 1 }) { upload { # } } }',
    UserError: 'mutation { createUpload(input: { name: "", size: 1 }) { userErrors { # } } }',
    SignInPayload: payload('signIn(input: { email: "nobody@smokehouse.example", password: "wrong" })'),
    SignOutPayload: payload('signOut'),
    ItemPayload: payload(`createItem(input: ${NEW_ITEM})`),
    DeleteItemPayload: payload(`deleteItem(input: { id: "${ITEM}" })`),
    GetOrCreateItemPayload: payload(`getOrCreateItem(input: ${NEW_ITEM})`),
    ItemsPayload: payload(`createItems(input: { items: [${NEW_ITEM}] })`),
    RepriceItemsPayload: payload('repriceItems(input: { where: { name: { eq: "none" } }, percent: "1" })'),
    TaskPayload: payload('createTask(input: { title: "Sweep" })'),
    ReviewPayload: payload(`addReview(input: { itemId: "${ITEM}", rating: 5 })`),
    OrderPayload: payload(`placeOrder(input: { lines: [{ itemId: "${ITEM}", quantity: 0 }] })`),
    FilePayload: 'mutation ($file: File!) { uploadFile(input: { file: $file }) { # } }',
    UploadPayload: payload('createUpload(input: { name: "a", size: 1 })'),
    DeleteFilePayload: payload(`deleteFile(id: "${own.Certificate}")`),
    CertificatePayload: payload('issueCertificate(input: { recipient: "", amount: "1" })'),
    SmokePayload: payload('smokeSomeMeats'),
    BurnPayload: payload('burnSomeMeats(seconds: 1)'),
    JobPayload: payload('add(x: 1, y: 2)'),
  };
}

/** The arguments of the fields that have required ones. */
export function argumentsOf(own: OwnedIds): Record<string, string> {
  return {
    'Query.node': `id: "${ITEM}"`,
    'Query.nodes': `ids: ["${ITEM}"]`,
    'Query.item': 'by: { sku: "SKU-00002" }',
    'Query.dailyStatistics': 'from: "2026-01-01", to: "2026-01-02"',
    'Query.job': `id: "${own.Job}"`,
    'Subscription.job': `id: "${own.Job}"`,
    'Mutation.signIn': 'input: { email: "nobody@smokehouse.example", password: "wrong" }',
    'Mutation.createItem': `input: ${NEW_ITEM}`,
    'Mutation.updateItem': `input: { id: "${ITEM}" }`,
    'Mutation.deleteItem': 'input: { id: "none" }',
    'Mutation.getOrCreateItem': `input: ${NEW_ITEM}`,
    'Mutation.updateOrCreateItem': `input: ${NEW_ITEM}`,
    'Mutation.createItems': `input: { items: [${NEW_ITEM}] }`,
    'Mutation.updateItems': `input: { items: [{ id: "${ITEM}" }] }`,
    'Mutation.repriceItems': 'input: { where: { name: { eq: "none" } }, percent: "1" }',
    'Mutation.createTask': 'input: { title: "Sweep" }',
    'Mutation.completeTask': 'input: { id: "none" }',
    'Mutation.addReview': 'input: { itemId: "none", rating: 5 }',
    'Mutation.placeOrder': 'input: { lines: [] }',
    'Mutation.uploadFile': 'input: { file: $file }',
    'Mutation.createUpload': 'input: { name: "a", size: 1 }',
    'Mutation.deleteFile': 'id: "none"',
    'Mutation.issueCertificate': 'input: { recipient: "", amount: "1" }',
    'Mutation.burnSomeMeats': 'seconds: 1',
    'Mutation.add': 'x: 1, y: 2',
    'Mutation.fetchData': 'url: "https://smokehouse.example/"',
    'Mutation.cancelJob': 'id: "none"',
    'Mutation.retryJob': 'id: "none"',
    'Mutation.writeDailyStatistics': 'date: "2026-01-01"',
    'Mutation.runSchedule': 'name: "none"',
  };
}

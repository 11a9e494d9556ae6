import type {
  CertificateRow,
  CustomerRow,
  FileRow,
  ItemRow,
  JobRow,
  OrderRow,
  ReviewRow,
  SupplierRow,
  TaskRow,
} from '../database/schema.ts';
import type { Loaders } from '../loaders/index.ts';
import { fromGlobalId, type NodeType } from './global-id.ts';
import { findRow } from './rows.ts';

/** A row of any type that implements Node, with the type's name. */
type NodeRow = (
  | ItemRow
  | SupplierRow
  | CustomerRow
  | ReviewRow
  | TaskRow
  | JobRow
  | OrderRow
  | FileRow
  | CertificateRow
) & {
  __typename: NodeType;
};

/** What `Query.node` finds. */
export type NodeParent = NodeRow | null;

/** The object that has this ID; null where there is none. */
export async function loadNode(globalId: string, loaders: Loaders): Promise<NodeParent> {
  const { type, id } = fromGlobalId(globalId);
  const row = await findRow<Omit<NodeRow, '__typename'>>(loaderOf(type, loaders), id);
  return row && ({ ...row, __typename: type } as NodeRow);
}

function loaderOf(type: NodeType, loaders: Loaders) {
  switch (type) {
    case 'Item':
      return loaders.itemById;
    case 'Supplier':
      return loaders.supplierById;
    case 'Customer':
      return loaders.customerById;
    case 'Review':
      return loaders.reviewById;
    case 'Task':
      return loaders.taskById;
    case 'Job':
      return loaders.jobById;
    case 'Order':
      return loaders.orderById;
    case 'StoredFile':
      return loaders.fileById;
    case 'Certificate':
      return loaders.certificateById;
  }
}

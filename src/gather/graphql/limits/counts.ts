import {
  type DocumentNode,
  type ExecutableDefinitionNode,
  isExecutableDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** The size of a definition in a document, with fragments expanded. */
export interface Counts {
  /** Nesting depth of its fields. */
  depth: number;
  fields: number;
  /** Fields with an alias, and fields repeated in the same place. */
  aliases: number;
  directives: number;
}

const NOTHING: Counts = { depth: 0, fields: 0, aliases: 0, directives: 0 };

/**
 * Counts a document, which need not be valid. Each count is the largest of any definition. Takes linear time: a fragment
 * is counted once, however often it is used.
 */
export function countDocument(document: DocumentNode): Counts {
  const definitions = document.definitions.filter(isExecutableDefinitionNode);
  const countDefinition = createCounter(definitions);
  const most = { ...NOTHING };
  for (const counts of definitions.map(countDefinition)) {
    for (const name of Object.keys(most) as (keyof Counts)[]) most[name] = Math.max(most[name], counts[name]);
  }
  return most;
}

function createCounter(definitions: readonly ExecutableDefinitionNode[]) {
  const fragments = new Map(
    definitions.filter((it) => it.kind === Kind.FRAGMENT_DEFINITION).map((it) => [it.name.value, it]),
  );
  const known = new Map<string, Counts>();

  const countDefinition = ({ directives, variableDefinitions, selectionSet }: ExecutableDefinitionNode): Counts => {
    const counts = countSelections(selectionSet);
    for (const it of [{ directives }, ...(variableDefinitions ?? [])]) counts.directives += it.directives?.length ?? 0;
    return counts;
  };

  const countFragment = (name: string): Counts => {
    let counts = known.get(name);
    if (counts) return counts;
    // Within itself a fragment counts as nothing; validation refuses cycles.
    known.set(name, NOTHING);
    const fragment = fragments.get(name);
    counts = fragment ? countDefinition(fragment) : NOTHING;
    known.set(name, counts);
    return counts;
  };

  /** @param seen the fields of this selection set by type and key, those around an inline fragment included */
  const countSelections = ({ selections }: SelectionSetNode, type = '', seen = new Set<string>()): Counts => {
    const counts = { ...NOTHING };
    for (const selection of selections) {
      counts.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        add(counts, countFragment(selection.name.value));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        add(counts, countSelections(selection.selectionSet, selection.typeCondition?.name.value ?? type, seen));
      } else {
        const key = `${type}.${(selection.alias ?? selection.name).value}`;
        if (selection.alias || seen.has(key)) counts.aliases++;
        seen.add(key);
        counts.fields++;
        const below = selection.selectionSet ? countSelections(selection.selectionSet) : NOTHING;
        add(counts, { ...below, depth: below.depth + 1 });
      }
    }
    return counts;
  };

  return countDefinition;
}

function add(counts: Counts, more: Counts): void {
  counts.depth = Math.max(counts.depth, more.depth);
  counts.fields += more.fields;
  counts.aliases += more.aliases;
  counts.directives += more.directives;
}

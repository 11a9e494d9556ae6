import {
  type DocumentNode,
  type ExecutableDefinitionNode,
  isExecutableDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** What one definition of a document asks for, once fragments are put where they are used. */
export interface Counts {
  /** How deep its fields are nested. */
  depth: number;
  fields: number;
  /** A field that is written a second time in one place counts like one that has an alias. */
  aliases: number;
  directives: number;
}

const NOTHING: Counts = { depth: 0, fields: 0, aliases: 0, directives: 0 };

/**
 * Counts what a document asks for, each count from the definition that has the most of it. It need not be valid. Takes
 * time that is linear in the document: what a fragment asks for is counted once, wherever it is used.
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
    // Within itself it counts as nothing: a cycle is for validation to refuse.
    known.set(name, NOTHING);
    const fragment = fragments.get(name);
    counts = fragment ? countDefinition(fragment) : NOTHING;
    known.set(name, counts);
    return counts;
  };

  /** @param seen the fields of this place by type and key, those around an inline fragment among them */
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

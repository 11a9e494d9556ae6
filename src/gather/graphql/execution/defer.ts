import type { Defer } from './collect.ts';
import type { Scope } from './scope.ts';
import { Fragment, Task } from './work.ts';

/** Notes what is delivered later of each object of a scope. */
export function defer(scope: Scope): void {
  const { defers, deferred } = scope.selection;
  if (deferred.length === 0 && defers.length === 0) return;
  for (let index = 0; index < scope.sources.length; index++) {
    if (!scope.isAlive(index)) continue;
    const part = scope.partOf(index);
    for (const begun of defers) {
      const parent = begun.parent && findFragment(begun.parent, scope, index);
      const fragment = new Fragment(begun.label, scope, index, parent);
      part.newFragments.push(fragment);
      scope.addFragment(begun, index, fragment);
    }
    for (const group of deferred) {
      const fragments = [...group.defers].flatMap((it) => findFragment(it, scope, index) ?? []);
      part.newTasks.push(new Task(fragments, group.selection, scope, index));
    }
  }
}

/** The fragment of a @defer around an object. */
function findFragment(wanted: Defer, scope: Scope, index: number): Fragment | undefined {
  const found = scope.fragmentOf(wanted, index);
  if (found) return found;
  const task = scope.parts?.[index];
  if (task instanceof Task) return findFragment(wanted, task.scope, task.index);
  if (!scope.level) return undefined;
  return findFragment(wanted, scope.level.scope, scope.level.parentOf(scope.placeOf(index)));
}

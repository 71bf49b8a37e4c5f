/**
 * The shortest way of legal transitions from one state to another, one step at least: the states after the
 * first, the last being `to`. `null` if none leads there.
 */
export function legalWay<State extends string>(
  transitions: Readonly<Record<State, readonly State[]>>,
  from: State,
  to: State,
): readonly State[] | null {
  const cameFrom = new Map<State, State>();
  let edge: State[] = [from];
  while (edge.length > 0 && !cameFrom.has(to)) {
    const next: State[] = [];
    for (const state of edge) {
      for (const reached of transitions[state]) {
        if (cameFrom.has(reached)) continue;
        cameFrom.set(reached, state);
        next.push(reached);
      }
    }
    edge = next;
  }
  const way: State[] = [];
  for (let state: State | undefined = to; state !== undefined; state = cameFrom.get(state)) {
    if (state === from && way.length > 0) return way.reverse();
    if (!cameFrom.has(state)) return null;
    way.push(state);
  }
  return null;
}

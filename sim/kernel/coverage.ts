/**
 * What a run, or many, went through: awaits reached and crashed at, faults injected, states seen. A simulator
 * that stopped reaching something is green for the wrong reason; this is how it shows.
 */
export class Coverage {
  /** Times that an operation of a process came to be picked, by label. */
  readonly awaits = new Map<string, number>()
  /** Crashes in the place of an operation, by its label. */
  readonly crashes = new Map<string, number>()
  readonly faults = new Map<string, number>()
  /** Situations that the run must be able to reach, such as `cut race lost`. */
  readonly states = new Map<string, number>()

  add(other: Coverage): void {
    for (const table of ['awaits', 'crashes', 'faults', 'states'] as const) {
      for (const [name, count] of other[table]) bump(this[table], name, count)
    }
  }

  /** Labels that were awaited often enough to be crashed at and never were. */
  neverCrashed(): string[] {
    return [...this.awaits.keys()].filter((label) => !this.crashes.has(label)).sort()
  }

  /** Tables of counts for people. */
  toString(): string {
    const rows = [...this.awaits].sort(([a], [b]) => (a < b ? -1 : 1))
    const labels = rows.map(
      ([label, count]) => `  ${label.padEnd(48)} ${pad(count)} ${pad(this.crashes.get(label) ?? 0)}`,
    )
    return [
      `  ${'await'.padEnd(48)} ${'reached'.padStart(9)} ${'crashed'.padStart(9)}`,
      ...labels,
      ...section('fault', this.faults),
      ...section('state', this.states),
    ].join('\n')
  }
}

export function bump(table: Map<string, number>, name: string, count = 1): void {
  table.set(name, (table.get(name) ?? 0) + count)
}

function section(title: string, table: ReadonlyMap<string, number>): string[] {
  const rows = [...table].sort(([a], [b]) => (a < b ? -1 : 1))
  return [`  ${title}`, ...rows.map(([name, count]) => `    ${name.padEnd(46)} ${pad(count)}`)]
}

const pad = (count: number) => String(count).padStart(9)

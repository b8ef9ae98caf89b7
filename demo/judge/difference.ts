/** Where two answers differ first, in words; `undefined` when they are equal. */
export function firstDifference(got: unknown, want: unknown, path = 'result'): string | undefined {
  if (Object.is(got, want)) return undefined
  if (typeof got !== 'object' || typeof want !== 'object' || got === null || want === null) {
    return `${path}: the cluster says ${text(got)}, the oracle ${text(want)}`
  }
  if (Array.isArray(got) !== Array.isArray(want)) return `${path}: a list on one side only`
  const [a, b] = [got as Record<string, unknown>, want as Record<string, unknown>]
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key], b[key], Array.isArray(got) ? `${path}[${key}]` : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80))

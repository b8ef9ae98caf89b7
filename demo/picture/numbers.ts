/** Numbers and instants as people read them; the machine's language has no say. */

/** 1,234,567; at most two decimals. */
export function grouped(value: number): string {
  const [whole, part] = String(Math.round(value * 100) / 100).split('.')
  const groups = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return part === undefined ? groups : `${groups}.${part}`
}

export function percent(part: number, whole: number): string {
  return `${whole === 0 ? '0.0' : ((100 * part) / whole).toFixed(1)} %`
}

/** 2026-01-31, in UTC. */
export function dateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** 940 ms, 3.2 s, 2 min 5 s. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

export function valueText(part: { readonly value?: unknown }): string {
  if (!('value' in part)) return '(none)'
  if (part.value === '') return '(empty)'
  return typeof part.value === 'string' ? part.value : JSON.stringify(part.value)
}

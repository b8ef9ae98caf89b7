/** Bars and sparklines out of Unicode blocks: eight steps a column. */

const across = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const up = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** `share` of `columns`; what is more than nothing shows. Not filled up. */
export function barOf(share: number, columns: number): string {
  const parts = share <= 0 ? 0 : Math.max(1, Math.round(Math.min(1, share) * columns * 8))
  return '█'.repeat(parts >> 3) + across[parts & 7]
}

/** One column a value, or the mean of neighbours where there are more values than columns. Nothing is a blank. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = Math.min(columns, values.length)
  if (shown <= 0) return ''
  const means = Array.from({ length: shown }, (_, i) => {
    const some = values.slice(Math.floor((i * values.length) / shown), Math.floor(((i + 1) * values.length) / shown))
    return some.reduce((a, b) => a + b, 0) / some.length
  })
  const most = Math.max(...means)
  return means.map((mean) => (mean <= 0 ? ' ' : up[Math.ceil((mean / most) * 8) - 1]!)).join('')
}

/** Answers as a terminal shows them: bars of blocks. Plain text; nothing here depends on the terminal. */

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const barColumns = 36

export interface Bar {
  readonly label: string
  readonly value: number
  /** Shown after the value, for example a share. */
  readonly note?: string
}

/** One line a bar, scaled to the largest. */
export function bars(rows: readonly Bar[]): string {
  const largest = Math.max(1, ...rows.map(({ value }) => value))
  const width = Math.max(...rows.map(({ label }) => label.length))
  return rows
    .map(({ label, value, note }) => {
      const parts = Math.round((value / largest) * barColumns * 8)
      const bar = '█'.repeat(parts >> 3) + eighths[parts & 7]
      return `  ${label.padEnd(width)}  ${bar.padEnd(barColumns)} ${grouped(value).padStart(9)}${note ? `  ${note}` : ''}`
    })
    .join('\n')
}

/** 1,234,567 */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

export const percent = (part: number, whole: number) => `${whole === 0 ? 0 : ((100 * part) / whole).toFixed(1)} %`

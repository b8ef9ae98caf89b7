/**
 * How many columns a text takes in a terminal, and texts made to fit: CJK and emoji take two, marks take none.
 *
 * Control characters never reach the terminal: a value with an escape sequence in it is data, not a command.
 */
import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

export function widthOf(text: string): number {
  return stringWidth(text)
}

/** The text in exactly `columns`: cut with an ellipsis, or filled up with spaces. */
export function fitted(text: string, columns: number): string {
  const cut = shortened(text, columns)
  return cut + ' '.repeat(Math.max(0, columns - widthOf(cut)))
}

export function shortened(given: string, columns: number): string {
  const text = visible(given)
  if (widthOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const width = widthOf(segment)
    if (used + width > columns - 1) break
    kept += segment
    used += width
  }
  return columns <= 0 ? '' : `${kept}…`
}

/** Control and formatting characters as `·`. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·')
}

/** Colours of a terminal, or none: whoever draws asks for a meaning and gets text back. Widths never change by it. */

export interface Ink {
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  /** A bar of the `index`th thing. */
  readonly bar: (text: string, index?: number) => string
  /** A cell, darker for less: `share` is 0 to 1. */
  readonly shade: (text: string, share: number) => string
  readonly colours: boolean
}

const same = (text: string) => text

export const plainInk: Ink = {
  strong: same,
  faint: same,
  good: same,
  bad: same,
  bar: same,
  shade: same,
  colours: false,
}

const styled = (codes: string) => (text: string) => (text === '' ? '' : `\x1b[${codes}m${text}\x1b[0m`)

/** Of the 256 colours: blue, teal, green, ochre, orange, rose. */
const bars = [39, 43, 113, 179, 209, 175]
/** From dark to bright blue. */
const shades = [17, 18, 19, 25, 31, 38, 44, 50]

export const colourInk: Ink = {
  strong: styled('1'),
  faint: styled('2'),
  good: styled('32'),
  bad: styled('1;31'),
  bar: (text, index = 0) => styled(`38;5;${bars[index % bars.length]}`)(text),
  shade(text, share) {
    const level = Math.min(shades.length - 1, Math.floor(share * shades.length))
    const front = level >= shades.length - 2 ? 16 : 231
    return styled(`48;5;${shades[Math.max(0, level)]};38;5;${front}`)(text)
  },
  colours: true,
}

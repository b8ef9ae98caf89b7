/**
 * A lexer that knows just enough TypeScript to tell code from text: comments, strings, templates and regular expressions.
 *
 * Owns: `mask`, so that a rule looking for a name in code is not fooled by a comment or a string that mentions it.
 * Does not: parse. A slash after `)`, `]`, an operand or `}` is taken for a division; formatted code writes no other.
 */

const beforeRegex = /(?:^|[(,=:[!&|?{;+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|throw|await|yield))$/

/**
 * The source with every character inside a comment, string, template text or regular expression replaced by a space.
 * Same length, same line breaks, quotes and `${ }` kept: an offset in the result is an offset in the source.
 */
export function mask(source: string): string {
  const out = source.split('')
  const blank = (from: number, to: number) => {
    for (let index = from; index < to; index++) if (out[index] !== '\n') out[index] = ' '
  }
  // One entry per open `${`: how many plain braces are open inside it.
  const templates: number[] = []
  let at = 0
  const skipTemplateText = () => {
    const from = at
    while (at < source.length && source[at] !== '`') {
      if (source[at] === '\\') at++
      else if (source[at] === '$' && source[at + 1] === '{') break
      at++
    }
    blank(from, Math.min(at, source.length))
    if (source[at] === '$') {
      templates.push(0)
      at += 2
    } else at++
  }
  while (at < source.length) {
    const char = source[at]!
    const pair = source.slice(at, at + 2)
    const from = at
    if (pair === '//' || pair === '/*' || (at === 0 && pair === '#!')) {
      const end = pair === '/*' ? source.indexOf('*/', at + 2) + 2 : source.indexOf('\n', at)
      at = end < at + 2 ? source.length : end
      blank(from, at)
    } else if (char === "'" || char === '"') {
      at = endOfQuoted(source, at, char)
      blank(from + 1, at - 1)
    } else if (
      char === '/' &&
      beforeRegex.test(
        out
          .slice(Math.max(0, at - 60), at)
          .join('')
          .trimEnd(),
      )
    ) {
      at = endOfRegex(source, at)
      blank(from + 1, at - 1)
    } else if (char === '`') {
      at++
      skipTemplateText()
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop()
      at++
      skipTemplateText()
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]!++
      if (templates.length > 0 && char === '}') templates[templates.length - 1]!--
      at++
    }
  }
  return out.join('')
}

/** Offset after the closing quote, or of the line's end where there is none. */
function endOfQuoted(source: string, start: number, quote: string): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === quote) return at + 1
    else if (source[at] === '\n') return at
  }
  return source.length
}

function endOfRegex(source: string, start: number): number {
  let inClass = false
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return at + 1
    else if (char === '\n') return at
  }
  return source.length
}

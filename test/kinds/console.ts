/** Console sessions in the documentation: fenced blocks marked `console`, a command behind `$ `, what it prints below it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../docs/operating')

export interface Step {
  readonly page: string
  readonly command: string
  readonly prints: string
}

/** Page to its text. */
export const pages: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
)

/** In the order of the pages. */
export function steps(page: string): Step[] {
  const blocks = [...(pages[page] ?? '').matchAll(/^```console\n(.*?)^```/gms)].map(([, block]) => block!)
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...rest] = part.split('\n')
        return { page, command, prints: tidied(rest.join('\n')) }
      }),
  )
}

/** Without blanks at the ends of lines, and with ages that are none. */
export function tidied(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/\b\d+(s|m|m\d+s)\b/g, 'AGE')
        .replace(/[ \t]+/g, ' ')
        .trimEnd(),
    )
    .join('\n')
    .trim()
}

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

/** An object that a page shows and then applies by the name of its file: its YAML. */
export function fileOf(page: string, name: string): string | undefined {
  const blocks = [...(pages[page] ?? '').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block!)
  return blocks.find((block) => block.includes(`  name: ${name}\n`))
}

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

/**
 * What stays the same from run to run and from one kubectl to the next: no ages, no widths of columns, no part of an id that is made of a
 * uid, no namespace.
 */
export function tidied(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/\b\d+(s|m|m\d+s)\b/g, 'AGE').replace(/\bshop-[0-9a-f]{8}\b/g, 'shop-UID'))
    .map((line) =>
      line
        .replace(/ from \S+ namespace$/, '')
        .replace(/[ \t]+/g, ' ')
        .trimEnd(),
    )
    .join('\n')
    .trim()
}

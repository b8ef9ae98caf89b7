/**
 * Scripts of plans: files of cases, each a state in words, a line `----`, and what the plan does with it in words.
 *
 * ```
 * # What the case shows.
 * shard replicas=2 revision=B
 * replica 0 claim=A pod=A serving
 * ----
 * apply claim 1 revision=B
 * ```
 * Cases are apart by a blank line. Does not: know any plan; `run` turns the state into the answer.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'

/** A line as words and `key=value`. */
export interface Line {
  readonly words: readonly string[]
  readonly values: Readonly<Record<string, string>>
}

/** Each case of each file of the folder as a test. */
export function textScripts(plan: string, folder: string, run: (state: readonly Line[]) => readonly string[]): void {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  for (const file of files) {
    const cases = readFileSync(join(folder, file), 'utf8').trim().split(/\n\n+/)
    for (const text of cases) {
      const [before = '', after = ''] = text.split('\n----')
      const lines = before.split('\n')
      const title = lines.filter((line) => line.startsWith('#')).map((line) => line.slice(1).trim())
      const state = lines.filter((line) => !line.startsWith('#')).map(parseLine)
      it(`${plan}, ${basename(file, '.txt')}: ${title.join(' ')}`, () => {
        expect(run(state).join('\n')).toBe(after.trim())
      })
    }
  }
}

function parseLine(text: string): Line {
  const parts = text.match(/[^\s"]*"[^"]*"|\S+/g) ?? []
  const values: Record<string, string> = {}
  const words: string[] = []
  for (const part of parts) {
    const [, key, value] = /^([\w-]+)=(.*)$/.exec(part) ?? []
    if (key === undefined) words.push(part)
    else values[key] = value!.replaceAll('"', '')
  }
  return { words, values }
}

/**
 * The first screen of the README is what `npm start` prints. The answers are drawn from the oracle here, which
 * `start.test.ts` shows to be what the cluster says; what a clock says may differ.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Judge } from './judge/judge.ts'
import { help, parseOptions } from './options.ts'
import { answerPicture } from './picture/answer.ts'
import { styleFor } from './picture/style.ts'
import { questionsOf } from './questions/questions.ts'
import { shopSource } from './source/shop.ts'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const style = styleFor({ isTerminal: false, columns: undefined, noColour: undefined })

/** Times, rates and costs, which no two runs share. */
function timeless(line: string): string {
  return line
    .replace(/ after [\d.]+ s:/, ' after N s:')
    .replace(/, [\d,]+ a second$/, ', N a second')
    .replace(/(equal to the oracle) ·.*$/, '$1')
}

test('README: the first screen -> line by line in what npm start prints for the default workload', async () => {
  const shown = /npm start\n```[\s\S]*?```\n([\s\S]+?)\n```/.exec(readme)![1]!
  const options = parseOptions([], 'npm start')!
  if (options.source.kind !== 'shop') throw new Error('the default source is not the shop')
  const source = shopSource(options.source.events)
  const judge = new Judge(source.project)
  for await (const { lines } of source.batches(new AbortController().signal)) judge.take(lines)
  const pictures = questionsOf(source.project, judge.profile(), source.wishes).map((question) => {
    const answer = { result: judge.answer(question.query), cost: {} }
    return `\n${answerPicture(style, { question, answer, difference: undefined, ms: 0 })}`
  })
  const printed = [
    'starting …',
    'ready after N s: log, shard s0, shard s1, ingest, query',
    'imported 100,000 events of the shop workload, each durable before its answer, N a second',
    ...pictures.join('\n').split('\n').map(timeless),
  ]
  let at = 0
  for (const line of shown.split('\n').map(timeless)) {
    const found = printed.indexOf(line, at)
    expect({ line, printed: found !== -1 }).toEqual({ line, printed: true })
    at = found + 1
  }
}, 60_000)

test('README and docs/start.md: every flag that they show -> one that npm start knows', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/start.md'), 'utf8')
  const flags = [readme, page].flatMap((text) =>
    [...text.matchAll(/npm start -- .*?(--[\w-]+)/g)].map(([, flag]) => flag!),
  )
  expect(flags.length).toBeGreaterThan(4)
  for (const flag of flags) expect(help('npm start', 'f')).toContain(`\n  ${flag} `)
})

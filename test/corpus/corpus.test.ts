import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { answer, answerLinear } from '../../oracle/answer.ts'
import { markDuplicatesLinear } from '../../oracle/dedupe.ts'
import type { LoggedEvent, SentEvent } from '../../oracle/event.ts'
import { parseCorpus } from './format.ts'
import { render } from './render.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test'))
  .map((name) => ({ name, cases: parseCorpus(readFileSync(join(folder, name), 'utf8'), name) }))

/** One record per event, in the order of the lines. */
const inOrder = (events: readonly SentEvent[]): LoggedEvent[] =>
  events.map((event, offset) => ({ ...event, position: { partition: 0, offset, index: 0 } }))

describe('corpus', () => {
  test('corpus: at least sixty cases over the four query types', () => {
    const questions = files.flatMap((file) => file.cases.flatMap((one) => one.questions))
    expect(files.flatMap((file) => file.cases).length).toBeGreaterThanOrEqual(60)
    expect(new Set(questions.map(({ query }) => query.type)).size).toBe(4)
  })

  for (const { name, cases } of files) {
    for (const { title, events, questions } of cases) {
      test(`corpus ${name}: ${title} -> the oracle gives the text (QRY-1)`, () => {
        const logged = inOrder(events)
        for (const { query, answer: text, line } of questions) {
          expect({ line, text: render(answer(logged, query)) }).toEqual({ line, text })
          expect({ line, text: render(answerLinear(markDuplicatesLinear(logged), query)) }).toEqual({ line, text })
        }
      })
    }
  }
})

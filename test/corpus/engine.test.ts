import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { answer } from '../../oracle/answer.ts'
import { ask } from '../support/ask.ts'
import { configurations } from '../support/configurations.ts'
import { parseCorpus } from './format.ts'
import { render } from './render.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test'))
  .map((name) => ({ name, cases: parseCorpus(readFileSync(join(folder, name), 'utf8'), name) }))

for (const configuration of configurations) {
  describe(`corpus: ${configuration.name}`, () => {
    for (const { name, cases } of files) {
      for (const { title, events, questions, skips } of cases) {
        const reason = skips.get(configuration.name)
        test.skipIf(reason !== undefined)(
          `corpus ${name}: ${title}${reason ? ` (skipped: ${reason})` : ''} -> engine, oracle and text agree (QRY-1)`,
          async () => {
            const { views, logged } = await configuration.prepare(events, title)
            for (const { query, answer: text, line } of questions) {
              const result = await ask(views, query)
              expect({ line, text: render(result) }).toEqual({ line, text })
              expect(result).toEqual(answer(logged, query))
            }
          },
        )
      }
    }
  })
}

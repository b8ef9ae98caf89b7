import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { fanOutBench } from './fan-out.ts'
import { questions } from './questions.ts'

test('bench fan-out: a small size -> every question answered over the network as in the process (QRY-1)', async () => {
  const said: string[] = []
  const options = { workload: { rows: 3000, seed: 3 }, rounds: 1, clock: 'wall', folder: tmpdir() } as const
  const rows = await fanOutBench({ ...options, say: (line) => said.push(line) })
  expect(rows.map(({ name }) => name)).toEqual(questions.map(({ name }) => name))
  for (const { ours, hash } of rows) {
    expect(ours).toBeGreaterThan(0)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
  }
}, 120_000)

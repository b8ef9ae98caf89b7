import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { BugError, CorruptError } from '../../common/errors/errors.ts'
import type { Background } from '../core/ports.ts'
import type { double } from './background.fixture.ts'
import { inlineBackground, type TaskTable, WorkerBackground } from './background.ts'

const fixture = new URL('./background.fixture.ts', import.meta.url)
const table = (name: string): TaskTable => ({
  mergeRuns: { module: fixture, name },
  digestSegment: { module: fixture, name },
})
const workers: WorkerBackground[] = []

afterAll(async () => {
  for (const worker of workers) await worker.close()
})

function inWorker(tasks: TaskTable): WorkerBackground {
  const worker = new WorkerBackground(tasks)
  workers.push(worker)
  return worker
}

const runners: [string, (tasks: TaskTable) => Background][] = [
  ['inline', inlineBackground],
  ['worker', inWorker],
]

describe.each(runners)('background %s', (_name, make) => {
  test('background: a task -> its output, and the input stays the caller’s', async () => {
    const numbers = Uint32Array.of(1, 2, 3)
    const background = make(table('double'))
    const [one, two] = await Promise.all([
      background.run<ReturnType<typeof double>>('mergeRuns', { numbers }),
      background.run<ReturnType<typeof double>>('mergeRuns', { numbers: numbers.subarray(1) }),
    ])
    expect(one).toEqual({ numbers: Uint32Array.of(2, 4, 6), sum: 12 })
    expect(two.sum).toBe(10)
    expect(numbers).toEqual(Uint32Array.of(1, 2, 3))
  })

  test('background: a task that throws -> its error with kind, code and detail', async () => {
    const background = make(table('fail'))
    const thrown = (how: string) => background.run('mergeRuns', { how }).catch((error: unknown) => error)
    const corruption = await thrown('corrupt')
    expect(corruption).toBeInstanceOf(CorruptError)
    expect(corruption).toMatchObject({ code: 'SEGMENT_CORRUPT', object: 'o', offset: 3 })
    expect(await thrown('bug')).toBeInstanceOf(BugError)
    expect(await thrown('other')).toMatchObject({ message: 'too far' })
  })

  test('background: what cannot be cloned, or is no function -> rejects', async () => {
    await expect(make(table('double')).run('mergeRuns', { numbers: () => 1 })).rejects.toThrow(/clone/)
    await expect(make(table('notAFunction')).run('mergeRuns', {})).rejects.toThrow(/exports no function notAFunction/)
  })
})

test('background worker: a task that kills the thread -> rejects, and the next task gets a new thread', async () => {
  const background = inWorker(table('fail'))
  await expect(background.run('mergeRuns', { how: 'exit' })).rejects.toThrow(/stopped with code 7/)
  await expect(background.run('mergeRuns', { how: 'other' })).rejects.toThrow('too far')
})

test('background worker: closed -> tasks reject', async () => {
  const background = inWorker(table('double'))
  await background.run('mergeRuns', { numbers: new Uint32Array(1) })
  await background.close()
  await expect(background.run('mergeRuns', { numbers: new Uint32Array(1) })).rejects.toThrow(/closed/)
})

test('background: a reply that comes while it closes -> close resolves before the process may end', () => {
  const script = `
    import { WorkerBackground } from ${JSON.stringify(new URL('./background.ts', import.meta.url).href)}
    const task = { module: new URL(${JSON.stringify(fixture.href)}), name: 'double' }
    const background = new WorkerBackground({ mergeRuns: task, digestSegment: task })
    const run = () => background.run('mergeRuns', { numbers: Uint32Array.of(1) })
    await run()
    run().catch(() => undefined)
    // Long enough for the reply to be on its way when close is called.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    await background.close()
    console.log('closed')
  `
  const child = spawnSync(process.execPath, ['--eval', script], { encoding: 'utf8' })
  expect(`${child.stdout}${child.stderr}`).toBe('closed\n')
})

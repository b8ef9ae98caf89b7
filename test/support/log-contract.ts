/** What every `LogWriter` must do, whatever keeps its records. Crashes and damage are tested where the log is. */
import { describe, expect, test } from 'vitest'
import { CorruptError } from '../../common/errors/errors.ts'
import type { LogWriter } from '../../dataplane/core/ports.ts'

/** Declares the suite. `open` gives a log of four partitions that is empty, and opens the same log again. */
export function logContract(name: string, make: () => Promise<{ open: () => Promise<LogWriter> }>): void {
  const opened = async () => (await make()).open()

  describe(`${name}: the contract of a log`, () => {
    test('log: appends to a partition -> offsets from 0 in the order of the calls, each partition by itself', async () => {
      const log = await opened()
      const offsets = await Promise.all([0, 1, 0, 0, 3].map((partition, i) => log.append(partition, record(i))))
      expect(offsets).toEqual([0, 0, 1, 2, 0])
      expect(await Promise.all([0, 1, 2, 3].map((partition) => log.end(partition)))).toEqual([3, 1, 0, 1])
      expect(await texts(log, 0)).toEqual(['record 0', 'record 2', 'record 3'])
      expect(await texts(log, 2)).toEqual([])
      await log.close()
    })

    test('log: reading -> from the offset asked for, at least one record, about as many bytes as asked', async () => {
      const log = await opened()
      for (let i = 0; i < 20; i++) await log.append(1, record(i))
      expect((await log.read(1, 5, 0)).map(text)).toEqual(['record 5'])
      const some = await log.read(1, 5, 'record 5'.length * 3)
      expect(some.map(text)).toEqual(['record 5', 'record 6', 'record 7'])
      expect(some.map((entry) => [entry.partition, entry.offset])).toEqual([
        [1, 5],
        [1, 6],
        [1, 7],
      ])
      expect(await log.read(1, 20, 1000)).toEqual([])
      await log.close()
    })

    test('log: reading past the end -> LOG_GAP, never an empty answer that hides it', async () => {
      const log = await opened()
      await log.append(0, record(0))
      const error = await log.read(0, 2, 1000).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CorruptError)
      expect(error).toMatchObject({ code: 'LOG_GAP', detail: { got: 2 } })
      await log.close()
    })

    test('log: waiting for a record -> resolves when it is durable, at once when it is there', async () => {
      const log = await opened()
      const { signal } = new AbortController()
      let woken = false
      const waiting = log.waitPast(2, 0, signal).then(() => {
        woken = true
      })
      await log.append(1, record(0))
      await Promise.resolve()
      expect(woken).toBe(false)
      await log.append(2, record(1))
      await waiting
      expect(await log.end(2)).toBe(1)
      await log.waitPast(2, 0, signal)
      await log.close()
    })

    test('log: a wait that is aborted -> rejects with the reason', async () => {
      const log = await opened()
      const controller = new AbortController()
      const waiting = log.waitPast(0, 0, controller.signal)
      controller.abort('enough')
      await expect(waiting).rejects.toBe('enough')
      await expect(log.waitPast(0, 0, AbortSignal.abort('before'))).rejects.toBe('before')
      await log.close()
    })

    test('log: closing -> what was appended is finished, what comes later is refused, waiters are told', async () => {
      const log = await opened()
      const appended = log.append(0, record(0))
      const waiting = log.waitPast(0, 9, new AbortController().signal)
      const told = expect(waiting).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
      await log.close()
      expect(await appended).toBe(0)
      await expect(log.append(0, record(1))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
      await told
    })

    test('log: closed and opened again -> the same records, and offsets go on (ING-1)', async () => {
      const { open } = await make()
      const first = await open()
      for (let i = 0; i < 5; i++) await first.append(i % 2, record(i))
      await first.close()
      const second = await open()
      expect(await second.append(1, record(5))).toBe(2)
      expect(await texts(second, 0)).toEqual(['record 0', 'record 2', 'record 4'])
      expect(await texts(second, 1)).toEqual(['record 1', 'record 3', 'record 5'])
      await second.close()
    })

    test('log: trimming -> only what lies below the offset may go, and what is gone is a LOG_GAP', async () => {
      const log = await opened()
      for (let i = 0; i < 10; i++) await log.append(0, record(i))
      await log.trim(0, 6)
      const start = await log.start(0)
      expect(start).toBeLessThanOrEqual(6)
      expect((await log.read(0, 6, 1000)).map(text)[0]).toBe('record 6')
      if (start > 0) await expect(log.read(0, start - 1, 1000)).rejects.toMatchObject({ code: 'LOG_GAP' })
      expect(await log.append(0, record(10))).toBe(10)
      await log.close()
    })
  })
}

function record(i: number): Uint8Array {
  return new TextEncoder().encode(`record ${i}`)
}

function text({ bytes }: { bytes: Uint8Array }): string {
  return new TextDecoder().decode(bytes)
}

async function texts(log: LogWriter, partition: number): Promise<string[]> {
  return (await log.read(partition, await log.start(partition), 1e9)).map(text)
}

/**
 * `bench -- memory`: all canonical questions, one after the other, in one process for each shape, and the most
 * memory that it ever had.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { WorkloadOptions } from '../workload/generate.ts'
import type { MemoryReply } from './memory-process.ts'
import { makeRow, type Row } from './report.ts'
import { shapeNames } from './shapes.ts'
import { storedShapes } from './shapes-folder.ts'

/** Throws when the shapes answer differently. */
export async function memoryBench(workload: WorkloadOptions, say: (line: string) => void): Promise<Row[]> {
  const { rows, seed = 1 } = workload
  await storedShapes(workload, say)
  const result: Row[] = []
  for (const shape of shapeNames) {
    const child = fork(join(import.meta.dirname, 'memory-process.ts'), [String(rows), String(seed), shape])
    const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    if (answer === null || typeof answer !== 'object') throw new Error(`the process for ${shape} ended with ${answer}`)
    const { maxRssBytes, hash } = answer as MemoryReply
    const name = 'most memory, all questions'
    result.push(makeRow({ name, shape, unit: 'MB', ours: maxRssBytes / 1e6, peers: {}, hash }, 'less'))
  }
  const hashes = new Set(result.map(({ hash }) => hash))
  if (hashes.size !== 1) throw new Error(`the shapes answer differently: ${[...hashes].join(', ')}`)
  return result
}

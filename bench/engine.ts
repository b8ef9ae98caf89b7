/**
 * Our side of a timed question: opens the shape's segments anew (the operating system has the file in
 * memory, nothing decoded is kept), answers, and says what that took.
 *
 * Runs of the tail are held in memory as bytes, as a shard holds them, and are opened anew too.
 */

import type { Cost } from '../dataplane/query/cost.ts'
import { runQuery } from '../dataplane/query/run.ts'
import type { ShardView } from '../dataplane/query/view.ts'
import { realClock } from '../dataplane/runtime/clock.ts'
import { ObjectSource } from '../dataplane/storage/object/source.ts'
import type { ByteSource } from '../dataplane/storage/segment/contract.ts'
import { openSegment } from '../dataplane/storage/segment/open.ts'
import { BytesSource } from '../dataplane/storage/segment/source.ts'
import type { ShapeName } from './shapes.ts'
import type { StoredShapes } from './shapes-folder.ts'

export interface OurAnswer {
  readonly ms: number
  /** CPU time of this process, of all its threads. */
  readonly cpuMs: number
  readonly result: unknown
  readonly cost: Cost
}

export class OurEngine {
  readonly #stored: StoredShapes
  readonly #runs = new Map<string, Uint8Array>()

  private constructor(stored: StoredShapes) {
    this.#stored = stored
  }

  static async open(stored: StoredShapes): Promise<OurEngine> {
    const engine = new OurEngine(stored)
    for (const { key, byteLength, inMemory } of Object.values(stored.shapes.objects).flat()) {
      if (inMemory) engine.#runs.set(key, (await stored.store.getRange(key, 0, byteLength))!)
    }
    return engine
  }

  async ask(shape: ShapeName, document: object): Promise<OurAnswer> {
    const cpu = process.cpuUsage()
    const begin = performance.now()
    const sources = await Promise.all(
      this.#stored.shapes.objects[shape].map(async ({ key, byteLength }) => {
        const bytes = this.#runs.get(key)
        const source: ByteSource =
          bytes === undefined
            ? await ObjectSource.open(this.#stored.store, key, byteLength)
            : new BytesSource(bytes, key)
        return { segment: await openSegment(source) }
      }),
    )
    const view: ShardView = { at: { generation: 1, next: new Map([[0, 1]]) }, pending: 0, sources }
    const { result, cost } = await runQuery([view], document, { clock: realClock })
    const ms = performance.now() - begin
    const { user, system } = process.cpuUsage(cpu)
    return { ms, cpuMs: (user + system) / 1000, result, cost }
  }
}

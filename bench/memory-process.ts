/**
 * One process that answers every canonical question on one shape, and says the most memory that it had.
 *
 * Arguments: rows, seed, shape. The shapes must be there already.
 */
import { OurEngine } from './engine.ts'
import { hashLines, linesOfResult, queryDocument, questions } from './questions.ts'
import type { ShapeName } from './shapes.ts'
import { storedShapes } from './shapes-folder.ts'

export interface MemoryReply {
  /** Resident memory at its highest, of the process from its start. */
  readonly maxRssBytes: number
  /** Of all answers together. */
  readonly hash: string
}

const [rows, seed, shape] = process.argv.slice(2)
const stored = await storedShapes({ rows: Number(rows), seed: Number(seed) }, () => undefined)
const engine = await OurEngine.open(stored)
const lines: string[] = []
for (const question of questions) {
  const { result } = await engine.ask(shape as ShapeName, queryDocument(question))
  lines.push(...linesOfResult(question.kind, result))
}
await stored.store.close()
const reply: MemoryReply = { maxRssBytes: process.resourceUsage().maxRSS * 1024, hash: hashLines(lines) }
process.send!(reply, () => process.disconnect())

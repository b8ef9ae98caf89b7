/** `npm run segment -- inspect FILE`: what a segment is made of. */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { CorruptError } from '../common/errors/errors.ts'
import type { ByteSource } from '../dataplane/storage/segment/contract.ts'
import { inspectSegment } from '../dataplane/storage/segment/inspect.ts'
import { renderReport } from './segment/report.ts'

const help = `Usage: npm run segment -- inspect FILE [--slices N]

Reads a whole segment, checks every checksum, and prints what it is made of: bytes by column with their
encodings, and a line per slice (project and UTC day).

  FILE          a segment, for example an object of a folder store
  --slices N    print at most N slices (default 20)
  --help        print this

Exit code 0: the file is whole. 1: it is damaged or no segment; the message says where.`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, slices: { type: 'string', default: '20' } },
  })
  const [command, path] = positionals
  if (values.help || command !== 'inspect' || path === undefined || positionals.length > 2) {
    console.log(help)
    return values.help ? 0 : 2
  }
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const source: ByteSource = {
      name: basename(path),
      byteLength: size,
      read: async (start, end) => {
        const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start)
        return buffer.subarray(0, bytesRead)
      },
    }
    console.log(renderReport(await inspectSegment(source), { slicesMax: Number(values.slices) }))
    return 0
  } finally {
    await file.close()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof CorruptError) && !(error instanceof Error && 'code' in error)) throw error
  console.error(error.message)
  process.exitCode = 1
}

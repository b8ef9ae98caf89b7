/**
 * The small files of a log (`head`, `epoch`, `trim-…`): a line of JSON and a line with its crc32, and
 * the two ways to put them: replace whole, or create unless there is one. Durable when they return;
 * a crash leaves the old file or the new one, never a part.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { type Disk, DiskError } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'

/** No small file is longer; a longer one is damage and is not read into memory. */
const bytesMax = 16 * 1024 * 1024

export type Fields = Readonly<Record<string, unknown>>

export function encodeSmall(fields: Fields): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify({ format: 1, ...fields }))
  return new TextEncoder().encode(`${new TextDecoder().decode(body)}\n${hex(crc32(body))}\n`)
}

/** The fields of a small file. Throws `CorruptError`: `LOG_CORRUPT`, or `FORMAT_UNKNOWN` for a later format. */
function decodeSmall(bytes: Uint8Array, object: string): Fields {
  const end = bytes.indexOf(10)
  const body = bytes.subarray(0, end === -1 ? bytes.length : end)
  const want = new TextDecoder('latin1').decode(bytes.subarray(body.length))
  const got = `\n${hex(crc32(body))}\n`
  if (got !== want) {
    const what = 'line with the crc32'
    corrupt({
      code: 'LOG_CORRUPT',
      object,
      offset: body.length,
      what,
      got: JSON.stringify(want),
      want: JSON.stringify(got),
    })
  }
  const fields = JSON.parse(new TextDecoder().decode(body)) as Fields
  if (fields.format !== 1) {
    corrupt({ code: 'FORMAT_UNKNOWN', object, offset: 0, what: 'format', got: String(fields.format), want: 1 })
  }
  return fields
}

/** A field that must be an integer from `min`. Throws `LOG_CORRUPT`. */
export function integerField(fields: Fields, name: string, where: { object: string; min: number }): number {
  const value = fields[name]
  if (Number.isSafeInteger(value) && (value as number) >= where.min) return value as number
  const want = `an integer from ${where.min}`
  return corrupt({ code: 'LOG_CORRUPT', object: where.object, offset: 0, what: name, got: String(value), want })
}

/** The file's fields, or `undefined` when there is none. */
export async function readSmall(disk: Disk, path: string): Promise<Fields | undefined> {
  let file: Awaited<ReturnType<Disk['open']>>
  try {
    file = await disk.open(path, 'read')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'missing') return undefined
    throw error
  }
  try {
    return decodeSmall(await readUpTo(file, 0, Math.min(await file.size(), bytesMax)), path)
  } finally {
    await file.close()
  }
}

export interface SmallFilePlace {
  readonly folder: string
  readonly name: string
  /** Name for the temporary file, of nobody else. */
  readonly temporary: string
}

/** Puts the file in place of what was there. */
export async function replaceSmall(disk: Disk, place: SmallFilePlace, fields: Fields): Promise<void> {
  const { folder, name, temporary } = place
  await writeWhole(disk, `${folder}/${temporary}`, encodeSmall(fields))
  await disk.rename(`${folder}/${temporary}`, `${folder}/${name}`)
  await disk.syncFolder(folder)
}

/** Puts the file unless there is one. True when it did. */
export async function createOnce(disk: Disk, place: SmallFilePlace, bytes: Uint8Array): Promise<boolean> {
  const { folder, name, temporary } = place
  await writeWhole(disk, `${folder}/${temporary}`, bytes)
  let created = true
  try {
    await disk.link(`${folder}/${temporary}`, `${folder}/${name}`)
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'exists')) throw error
    created = false
  }
  await disk.syncFolder(folder)
  await disk.remove(`${folder}/${temporary}`)
  return created
}

async function writeWhole(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'write')
  try {
    await file.truncate(0)
    await file.write(0, bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

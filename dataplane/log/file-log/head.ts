/** `head`: what is fixed when the folder is made, partitions and generation. */
import { corrupt, UserError } from '../../../common/errors/errors.ts'
import type { Disk } from '../../core/ports.ts'
import { headName, logFileId, partitionsMax, temporaryName } from './layout.ts'
import { createOnce, encodeSmall, integerField, readSmall } from './small-file.ts'

export interface Head {
  /** A power of two. */
  readonly partitions: number
  readonly generation: number
}

/** The head of the folder, or `undefined` when the folder holds no log. Throws `CorruptError` when a log has lost it. */
export async function readHead(disk: Disk, folder: string): Promise<Head | undefined> {
  const object = `${folder}/${headName}`
  const fields = await readSmall(disk, object)
  if (fields === undefined) {
    const names = await disk.list(folder)
    const file = names.find((name) => logFileId(name) !== undefined)
    if (file === undefined) return undefined
    corrupt({ code: 'LOG_CORRUPT', object, what: 'head', got: 'none', want: `one, since there is ${file}` })
  }
  const partitions = integerField(fields, 'partitions', { object, min: 1 })
  if (partitions > partitionsMax) {
    corrupt({ code: 'LOG_CORRUPT', object, what: 'partitions', got: partitions, want: `at most ${partitionsMax}` })
  }
  return { partitions, generation: integerField(fields, 'generation', { object, min: 1 }) }
}

/** Makes the head unless there is one. Throws `UserError` `LOG_MISMATCH` when there is another. */
export async function ensureHead(disk: Disk, at: { folder: string; nonce: string }, want: Head): Promise<void> {
  const { folder, nonce } = at
  if ((await readHead(disk, folder)) === undefined) {
    const place = { folder, name: headName, temporary: temporaryName({ epoch: 0, nonce }, 'head') }
    await createOnce(disk, place, encodeSmall({ ...want }))
  }
  const head = await readHead(disk, folder)
  if (head?.partitions === want.partitions && head.generation === want.generation) return
  const says = (it: Head | undefined) => `${it?.partitions} partitions of generation ${it?.generation}`
  throw new UserError('LOG_MISMATCH', `${folder}: got a log of ${says(head)}, want ${says(want)}`)
}

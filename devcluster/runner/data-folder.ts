/** The data folder of a runner as its next life finds it: its identity, its lock, the records of its pods. */
import { join } from 'node:path'
import type { Random } from '../../dataplane/core/ports.ts'
import { randomHex } from '../../dataplane/core/random-hex.ts'
import type { PodRecord } from './pod/record.ts'
import type { Folders, Processes } from './ports.ts'

export interface Identity {
  /** Marks processes and volumes. */
  readonly id: string
  readonly network: number
}

export const podsFolder = (data: string) => join(data, 'pods')
const identityFile = (data: string) => join(data, 'runner.json')
const lockFile = (data: string) => join(data, 'lock')

/** Throws `Error` when another runner uses the folder. */
export async function openData(
  data: string,
  { folders, processes, random }: { folders: Folders; processes: Processes; random: Random },
): Promise<Identity> {
  for (const folder of ['pods', 'volumes', 'home', 'tmp']) await folders.make(join(data, folder))
  const holder = await folders.readText(lockFile(data))
  if (holder !== undefined && processes.runs(holder)) {
    throw new Error(
      `data folder ${data} is used by another pod runner (process ${holder.split(' ')[0]}): stop it, or choose another --data`,
    )
  }
  await folders.writeText(lockFile(data), processes.own())
  const text = await folders.readText(identityFile(data))
  if (text !== undefined) return JSON.parse(text) as Identity
  return { id: randomHex(random, 6), network: 2 + (random.bytes(1)[0]! % 253) }
}

/** Lets another runner use the folder. */
export async function closeData(data: string, folders: Folders): Promise<void> {
  await folders.remove(lockFile(data))
}

export async function saveIdentity(data: string, identity: Identity, folders: Folders): Promise<void> {
  await folders.writeText(identityFile(data), `${JSON.stringify(identity)}\n`)
}

/** A folder without a record is of a pod that had not begun. */
export async function readRecords(data: string, folders: Folders): Promise<readonly PodRecord[]> {
  const records: PodRecord[] = []
  for (const uid of await folders.list(podsFolder(data))) {
    const text = await folders.readText(join(podsFolder(data), uid, 'record.json'))
    if (text !== undefined) records.push(JSON.parse(text) as PodRecord)
  }
  return records
}

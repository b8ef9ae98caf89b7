import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { openFileLog, openFileLogReader } from './open.ts'

const folder = new URL('../../../test/golden/file-log-v1/', import.meta.url)
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const options = { folder: 'log', partitions: 2, generation: 1, fileBytesMax: 8400 }

async function write(disk: SimulatedDisk): Promise<void> {
  const { log } = await openFileLog({ disk, random: new SeededRandom(1), logger: silent }, options)
  for (let i = 0; i < 6; i++) {
    await Promise.all([log.append(i % 2, encode(`record ${i}`)), log.append(0, encode(`other ${i}`))])
  }
  await log.trim(0, 1)
  await log.close()
}

const encode = (text: string) => new TextEncoder().encode(text)

test('file log: files of format 1 -> the records that were written', async () => {
  const disk = new SimulatedDisk()
  await disk.makeFolder('log')
  for (const name of readdirSync(folder)) {
    const file = await disk.open(`log/${name.replace(/\.bin$/, '')}`, 'create')
    await file.write(0, readFileSync(new URL(name, folder)))
  }
  const log = await openFileLogReader(disk, 'log')
  const texts = async (partition: number) =>
    (await log.read(partition, 0, 1e6)).map(({ bytes }) => new TextDecoder().decode(bytes))
  expect(await texts(1)).toEqual(['record 1', 'record 3', 'record 5'])
  expect(await texts(0)).toEqual([
    'record 0',
    'other 0',
    'other 1',
    'record 2',
    'other 2',
    'other 3',
    'record 4',
    'other 4',
    'other 5',
  ])
  const { report } = await openFileLog({ disk, random: new SeededRandom(2), logger: silent }, options)
  expect([report.epoch, report.records, report.torn]).toEqual([2, 12, undefined])
})

test('file log: the same appends -> the same files (a change of them is a change of format)', async () => {
  const disk = new SimulatedDisk()
  await write(disk)
  const names = readdirSync(folder).map((name) => name.replace(/\.bin$/, ''))
  expect(await disk.list('log')).toEqual(names.toSorted())
  for (const name of names) {
    const file = await disk.open(`log/${name}`, 'read')
    const want = readFileSync(new URL(`${name}.bin`, folder))
    expect(Buffer.compare(want, await file.read(0, await file.size())), name).toBe(0)
  }
})

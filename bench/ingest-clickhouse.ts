/**
 * ClickHouse's side of `bench -- ingest`: the same bodies, one `INSERT` each, into its JSON type.
 *
 * It acknowledges a part on disk, synced as ours is (`fsync_after_insert`). It keeps every copy: what dedupe costs is not in it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BodyFile } from './body-file.ts'
import { Peer } from './peer.ts'
import { installPeers, peersFolder } from './peer-install.ts'

const table = `CREATE TABLE ingest (event LowCardinality(String), properties JSON(time Int64, distinct_id String, \`$insert_id\` UUID))
  ENGINE = MergeTree ORDER BY (properties.distinct_id, properties.time) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`
const bodiesMax = 50

export interface PeerRates {
  /** Events a ms. */
  readonly byTime: number
  readonly byCpu: number
}

/** Throws when it holds another number of events than were sent. */
export async function clickhouseIngest(
  bodies: BodyFile,
  folder: string,
  say: (line: string) => void,
): Promise<PeerRates> {
  installPeers(say)
  const peer = new Peer('clickhouse', peersFolder, folder)
  try {
    await peer.run(table)
    const count = Math.min(bodies.count, bodiesMax)
    const file = join(folder, 'body.json')
    let [ms, cpuMs] = [0, 0]
    for (let i = 0; i < count; i++) {
      writeFileSync(file, bodies.body(i))
      const took = await peer.run(
        `INSERT INTO ingest SELECT event, properties FROM file('${file}', JSONEachRow, 'event String, properties JSON(time Int64, distinct_id String, \`$insert_id\` UUID)') SETTINGS max_threads = 1`,
      )
      ms += took.ms
      cpuMs += took.cpuMs
    }
    const { rows } = await peer.run('SELECT count() FROM ingest')
    const stored = Number(rows[0]![0])
    const sent = bodies.rowsIn(0, count)
    if (stored !== sent) throw new Error(`ClickHouse has ${stored} events, ${sent} were sent`)
    return { byTime: stored / ms, byCpu: stored / cpuMs }
  } finally {
    await peer.close()
  }
}

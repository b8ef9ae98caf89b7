/**
 * The peers' tables: made once for a workload (rows, seed, and the generator as it is now), kept in `bench/peers/data/`.
 */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { toNdjson } from '../workload/events.ts'
import { generate, type WorkloadOptions } from '../workload/generate.ts'
import * as clickhouse from './clickhouse.ts'
import * as duckdb from './duckdb.ts'
import { Peer } from './peer.ts'
import { IdCache, nativeBlock } from './peer-file.ts'
import { installPeers, peersFolder } from './peer-install.ts'

export interface Peers {
  readonly clickhouse: Peer
  readonly duckdb: Peer
  close(): Promise<void>
}

/** Installs the peers and loads their tables where that has not been done yet; both are open afterwards. */
export async function openPeers(workload: WorkloadOptions, say: (line: string) => void): Promise<Peers> {
  installPeers(say)
  const folder = join(peersFolder, 'data', workloadKey(workload))
  const ready = join(folder, 'ready')
  if (!existsSync(ready)) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    await load(workload, folder, say)
    writeFileSync(ready, '')
  }
  const peers = {
    clickhouse: new Peer('clickhouse', peersFolder, join(folder, 'clickhouse')),
    duckdb: new Peer('duckdb', peersFolder, folder),
  }
  return { ...peers, close: async () => void (await Promise.all([peers.clickhouse.close(), peers.duckdb.close()])) }
}

/** Names a workload by its dimensions and a checksum of what the generator and the schemas make of it. */
export function workloadKey({ rows, seed = 1 }: WorkloadOptions): string {
  let hash = crc32(JSON.stringify([clickhouse.loadStatements(''), duckdb.loadStatements('')]))
  for (const chunk of generate({ rows: 3000, seed })) hash = crc32(toNdjson(chunk), hash)
  return `${rows}-${seed}-${hash.toString(16)}`
}

async function load(workload: WorkloadOptions, folder: string, say: (line: string) => void): Promise<void> {
  const native = join(folder, 'events.native')
  const parquet = join(folder, 'events.parquet')
  say(`Loading ${workload.rows.toLocaleString('en')} events into ClickHouse and DuckDB (about 12 s a million)`)
  writeNative(workload, native)
  const first = new Peer('clickhouse', peersFolder, join(folder, 'clickhouse'))
  try {
    for (const sql of clickhouse.loadStatements(native)) await first.run(sql)
    rmSync(native)
    await first.run(clickhouse.exportStatement(parquet))
  } finally {
    await first.close()
  }
  const second = new Peer('duckdb', peersFolder, folder)
  try {
    for (const sql of duckdb.loadStatements(parquet)) await second.run(sql)
    rmSync(parquet)
  } finally {
    await second.close()
  }
}

function writeNative(workload: WorkloadOptions, file: string): void {
  const handle = openSync(file, 'w')
  const ids = new IdCache()
  for (const chunk of generate(workload)) {
    const block = nativeBlock(chunk, ids)
    for (let at = 0; at < block.length; ) at += writeSync(handle, block, at)
  }
  closeSync(handle)
}

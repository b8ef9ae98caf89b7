/**
 * The routing map: which shard owns which range of the ring, which replicas serve it, who is primary.
 *
 * A map as a whole is versioned by `routingEpoch`; a shard carries the epoch at which its own range last
 * changed, so that requests are compared per shard and neither a split elsewhere, nor a replica that moved,
 * nor a new primary disturbs anybody.
 * The ring is covered exactly once: a gap would lose events, an overlap would count them twice.
 *
 * Does not: say how a map arrives (`holder.ts`).
 */
import { z } from 'zod'
import { UserError } from '../../common/errors/errors.ts'

const ringSize = 2 ** 32
const bound = z
  .string()
  .regex(/^(?:[0-9a-f]{8}|100000000)$/, 'eight hexadecimal digits, or 100000000')
  .transform((digits) => Number.parseInt(digits, 16))
const epoch = z.int().min(1)
const name = z.string().min(1).max(253)

const replica = z.strictObject({
  name: name.describe('pod name, its identity'),
  address: name.describe('host:port of its gRPC services'),
})

const shard = z.strictObject({
  id: name,
  start: bound.describe('first position of the ring that it owns'),
  end: bound.describe('position after the last'),
  epoch: epoch.describe('routing epoch at which its range last changed'),
  primary: z.string().max(253).describe('name of the replica that cuts; empty while there is none'),
  replicas: z.array(replica).max(10).describe('none before the first has an address'),
})

const routingMap = z.strictObject({
  routingEpoch: epoch,
  cluster: name,
  generation: z.int().min(1).describe('log generation'),
  partitions: z.int().min(1).max(4096).describe('partitions of the log, a power of two'),
  shards: z.array(shard).min(1).max(4096).describe('in ring order'),
})

export type RoutingMap = z.infer<typeof routingMap>
export type RoutingShard = z.infer<typeof shard>
export type RoutingReplica = z.infer<typeof replica>

/** Throws `UserError` `ROUTING_INVALID` that names the path, what was found and what is wanted. */
export function parseRoutingMap(text: string, object: string): RoutingMap {
  const refuse = (field: string, message: string): never => {
    throw new UserError('ROUTING_INVALID', `${object}: ${field}: ${message}; the former one stays in force`, { field })
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return refuse('document', `got text that is not JSON (${(error as Error).message}), want a routing map`)
  }
  const parsed = routingMap.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(issue!.path.join('.') || 'document', issue!.message)
  }
  const map = parsed.data
  if ((map.partitions & (map.partitions - 1)) !== 0) refuse('partitions', `got ${map.partitions}, want a power of two`)
  let covered = 0
  for (const [index, { id, start, end, epoch: changed, primary, replicas }] of map.shards.entries()) {
    const field = `shards.${index}`
    if (start !== covered)
      refuse(`${field}.start`, `got ${hex(start)}, want ${hex(covered)}: the ring is covered exactly once, in order`)
    if (end <= start) refuse(`${field}.end`, `got ${hex(end)}, want more than ${hex(start)}`)
    if (changed > map.routingEpoch)
      refuse(`${field}.epoch`, `got ${changed}, want at most routingEpoch ${map.routingEpoch}`)
    if (primary !== '' && !replicas.some((one) => one.name === primary))
      refuse(`${field}.primary`, `got ${primary}, want one of the replicas of ${id}`)
    if (new Set(replicas.map((one) => one.name)).size < replicas.length)
      refuse(`${field}.replicas`, 'got a name twice, want each once')
    covered = end
  }
  if (covered !== ringSize) refuse('shards', `got a ring that ends at ${hex(covered)}, want ${hex(ringSize)}`)
  if (new Set(map.shards.map((one) => one.id)).size < map.shards.length)
    refuse('shards', 'got an id twice, want each once')
  return map
}

/** The map as a file: what `parseRoutingMap` reads. A line each shard: for people, and small enough for a ConfigMap. */
export function formatRoutingMap({ shards, ...map }: RoutingMap): string {
  const head = JSON.stringify(map).slice(0, -1)
  const lines = shards.map((one) => JSON.stringify({ ...one, start: hex(one.start), end: hex(one.end) }))
  return `${head},"shards":[\n${lines.join(',\n')}\n]}\n`
}

/** Partitions of the log that a range of the ring touches. */
export function partitionsOf(range: { start: number; end: number }, partitions: number): number[] {
  const width = ringSize / partitions
  const first = Math.floor(range.start / width)
  const last = Math.ceil(range.end / width)
  return Array.from({ length: last - first }, (_, index) => first + index)
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

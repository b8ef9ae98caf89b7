/**
 * Who cuts. It stays who it is as long as it serves; it is handed over before it is restarted or removed, and when
 * it has stopped serving while another does. The map carries it out; while nobody names a new one, replicas cut
 * in its place after some missed intervals.
 */
import type { ShardInput } from './input.ts'
import { type Replica, serves } from './replicas.ts'

/** Name of the replica that is to be primary; `undefined`: none is there yet. */
export function choosePrimary(
  { shard, map }: ShardInput,
  replicas: readonly Replica[],
  goes: readonly (Replica | undefined)[],
): string | undefined {
  const stays = replicas.filter((one) => one.isWanted && !goes.includes(one))
  const current = map?.shards.find(({ id }) => id === String(shard.spec.id))?.primary
  const now = stays.find(({ name }) => name === current)
  if (now !== undefined && serves(now)) return now.name
  const heir = stays.find(serves)
  if (heir !== undefined) return heir.name
  const alive = replicas.find(({ name, pod }) => name === current && pod !== undefined)
  return (alive ?? stays.find(({ pod }) => pod !== undefined))?.name
}

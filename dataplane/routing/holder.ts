/**
 * The routing map in force in one process: a start value from a file, then whatever is pushed, never an older one.
 *
 * Epochs are compared per shard: a request names the epoch that its sender knew for the shard, and is
 * refused only when that shard's line has changed since.
 */
import { UnavailableError } from '../../common/errors/errors.ts'
import { parseRoutingMap, type RoutingMap, type RoutingShard } from './map.ts'

export class RoutingHolder {
  #map: RoutingMap
  readonly #listeners = new Set<(map: RoutingMap) => void>()

  constructor(initial: RoutingMap) {
    this.#map = initial
  }

  get map(): RoutingMap {
    return this.#map
  }

  /**
   * Takes a newer map and tells the listeners; an older or equal one changes nothing. Answers with the epoch in force.
   * Throws `UserError` for a map that is wrong, or of another cluster.
   */
  push(text: string): number {
    const map = parseRoutingMap(text, 'pushed routing map')
    if (map.routingEpoch > this.#map.routingEpoch && map.cluster === this.#map.cluster) {
      this.#map = map
      for (const listener of this.#listeners) listener(map)
    }
    return this.#map.routingEpoch
  }

  /** Calls back with each map that comes into force; answers with the way to stop it. */
  onChange(listener: (map: RoutingMap) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  shard(id: string): RoutingShard | undefined {
    return this.#map.shards.find((one) => one.id === id)
  }

  /** Throws `UnavailableError` `ROUTING_STALE` unless a request at `epoch` still means this shard. */
  check(id: string, epoch: number): void {
    const shard = this.shard(id)
    if (shard === undefined || epoch < shard.epoch) {
      const want = shard === undefined ? 'a shard of the map' : `epoch ${shard.epoch} or later`
      throw new UnavailableError('ROUTING_STALE', `shard ${id}: got a request at routing epoch ${epoch}, want ${want}`)
    }
  }
}

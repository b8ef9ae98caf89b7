/**
 * Whose data a cluster has: its id, the claims that hold it, the routing map that belongs to it.
 *
 * A cluster makes new data or takes over what an earlier one with the same id left (`origin`). Data that has
 * another id, or an owner that is still there, is never touched: the cluster is stalled and says what to do.
 * The first claims are recorded by uid beside the map, so that an empty volume in their place is noticed (OPR-1).
 */
import { UserError } from '../../../common/errors/errors.ts'
import { parseRoutingMap, type RoutingMap } from '../../../dataplane/routing/map.ts'
import { parseSettings, type Settings } from '../../../dataplane/settings/settings.ts'
import type { EventCluster } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { annotationNames, labelNames, logName, routingName, storeName } from '../../render/names.ts'
import { routingKey, settingsKey } from '../../render/routing.ts'
import { type Claim, isDeleting, uidOf } from '../seen.ts'
import type { ClusterInput } from './input.ts'

/** What is written beside the map, parsed. */
export interface Recorded {
  readonly object: KubeObject
  readonly map: RoutingMap
  readonly settings: Settings
  readonly claimUids: { readonly log: string; readonly store: string }
}

export interface Identity {
  readonly dataId: string
  readonly origin: 'New' | 'Adopted'
  readonly claims: { readonly log: string; readonly store: string }
  /** Of this cluster; `undefined`: not written yet. */
  readonly own: Recorded | undefined
  /** Of the cluster whose data is taken over, until `own` is written. */
  readonly inherited: Recorded | undefined
}

export type Identified = { readonly identity: Identity } | { readonly problem: string }

/** What identity is decided from. */
export type Surroundings = Pick<ClusterInput, 'cluster' | 'clusters' | 'dataClaims' | 'routingMaps'>

export function identify(input: Surroundings): Identified {
  const { cluster, routingMaps } = input
  const { name } = cluster.metadata
  const dataId = dataIdOf(cluster)
  const foreign = foreignData(input, dataId)
  if (foreign !== undefined) return { problem: foreign }
  const own = routingMaps.find(({ metadata }) => metadata.name === routingName(name))
  const left = routingMaps.find((one) => one !== own && labelledId(one) === dataId)
  const owner = ownerStillThere(input, [...(own ? [own] : []), ...(left ? [left] : []), ...claimsOf(input, dataId)])
  if (owner !== undefined) return { problem: owner }
  const [recorded, inherited] = [own && read(own), left && read(left)]
  if (recorded instanceof UserError) return { problem: recorded.message }
  if (inherited instanceof UserError) return { problem: inherited.message }
  const identity: Identity = {
    dataId,
    origin: originOf(input, dataId),
    claims: claimNames(input, dataId),
    own: recorded,
    inherited: recorded === undefined ? inherited : undefined,
  }
  const misfit = misfitOf(input, identity)
  return misfit === undefined ? { identity } : { problem: misfit }
}

/** The id that the spec gives, or one that is certain to be nobody else's: part of the cluster's uid, the same on each look. */
export function dataIdOf({ metadata, spec }: EventCluster): string {
  return spec.id ?? `${metadata.name}-${metadata.uid?.slice(0, 8)}`
}

const labelledId = ({ metadata }: KubeObject) => metadata.labels?.[labelNames.data]

function claimsOf({ dataClaims }: Surroundings, dataId: string): Claim[] {
  return dataClaims.filter((claim) => labelledId(claim) === dataId)
}

/** Objects that bear this cluster's names and hold other data. */
function foreignData({ cluster, dataClaims, routingMaps }: Surroundings, dataId: string): string | undefined {
  const { name } = cluster.metadata
  const own = [logName(name), storeName(name), routingName(name)]
  const foreign = [...dataClaims, ...routingMaps].find(
    (object) => own.includes(object.metadata.name) && labelledId(object) !== dataId,
  )
  if (foreign === undefined) return undefined
  const id = labelledId(foreign)
  const what = `${foreign.kind} ${foreign.metadata.name} holds the data of id ${id ?? '(none)'}, not of ${dataId}`
  return `${what}: to have that data create the EventCluster with spec.id: ${id}, else give this one another name`
}

/** The data's EventCluster by its uid, when it is not this one. */
function ownerStillThere({ cluster, clusters }: Surroundings, objects: readonly KubeObject[]): string | undefined {
  for (const object of objects) {
    const uid = object.metadata.annotations?.[annotationNames.owner]
    const owner = clusters.find((one) => uidOf(one) === uid)
    if (owner === undefined || uidOf(owner) === uidOf(cluster)) continue
    const what = `${object.kind} ${object.metadata.name} belongs to EventCluster ${owner.metadata.name}`
    return `${what}: delete that one first, or write another spec.id`
  }
  return undefined
}

function claimNames(input: Surroundings, dataId: string): { log: string; store: string } {
  const { name } = input.cluster.metadata
  const found = claimsOf(input, dataId)
  const log = found.find(({ metadata }) => metadata.labels?.[labelNames.role] === 'log')
  const store = found.find(({ metadata }) => metadata.labels?.[labelNames.role] === undefined)
  return { log: log?.metadata.name ?? logName(name), store: store?.metadata.name ?? storeName(name) }
}

function originOf(input: Surroundings, dataId: string): 'New' | 'Adopted' {
  if (input.cluster.status?.data !== undefined) return input.cluster.status.data.origin
  const uid = uidOf(input.cluster)
  const isOfAnother = (object: KubeObject) => object.metadata.annotations?.[annotationNames.owner] !== uid
  return [...claimsOf(input, dataId), ...input.routingMaps.filter((one) => labelledId(one) === dataId)].some(
    isOfAnother,
  )
    ? 'Adopted'
    : 'New'
}

/** What the data has is fixed when it is made; a spec that says otherwise cannot be served from it. */
function misfitOf({ cluster }: Surroundings, { dataId, own, inherited }: Identity): string | undefined {
  const map = (own ?? inherited)?.map
  if (map === undefined) return undefined
  const { sharding, log } = cluster.spec
  const say = (field: string, has: number, wants: number) =>
    `the data of id ${dataId} has ${field} ${has}, the spec says ${wants}: create the EventCluster with ${has}`
  if (map.shards.length !== sharding.count) return say('sharding.count', map.shards.length, sharding.count)
  if (map.partitions !== log.partitions) return say('log.partitions', map.partitions, log.partitions)
  return undefined
}

/** An error: somebody broke the document. Nothing is built on a guess. */
function read(object: KubeObject): Recorded | UserError {
  const { name, annotations = {} } = object.metadata
  const data = object.data as Readonly<Record<string, string>> | undefined
  const [log, store] = [annotations[annotationNames.logClaim] ?? '', annotations[annotationNames.storeClaim] ?? '']
  try {
    return {
      object,
      map: parseRoutingMap(data?.[routingKey] ?? '', `ConfigMap ${name}, ${routingKey}`),
      settings: parseSettings(data?.[settingsKey] ?? '', `ConfigMap ${name}, ${settingsKey}`),
      claimUids: { log, store },
    }
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

/** The claims of log and store as they are, and why they may not be what they were; `undefined`: all is well. */
export function volumesOf(input: Pick<Surroundings, 'dataClaims' | 'cluster'>, identity: Identity) {
  const named = (name: string) => input.dataClaims.find(({ metadata }) => metadata.name === name)
  const [log, store] = [named(identity.claims.log), named(identity.claims.store)]
  const recorded = (identity.own ?? identity.inherited)?.claimUids
  // The map was written once, and after the claims: what it said of them is lost, that they were there is not.
  const hadMap = input.cluster.status?.routing !== undefined
  const unsure = [
    unsureOf('log', identity.claims.log, { claim: log, uid: recorded?.log, hadMap }),
    unsureOf('store', identity.claims.store, { claim: store, uid: recorded?.store, hadMap }),
  ].filter((text) => text !== undefined)
  return { log, store, unsure: unsure.length === 0 ? undefined : unsure.join('; ') }
}

function unsureOf(
  what: string,
  name: string,
  { claim, uid, hadMap }: { claim: Claim | undefined; uid: string | undefined; hadMap: boolean },
): string | undefined {
  if (claim === undefined) return uid === undefined && !hadMap ? undefined : `claim ${name} of the ${what} is gone`
  if (uid !== undefined && uidOf(claim) !== uid)
    return `claim ${name} of the ${what} is another one than the data was written to`
  if (isDeleting(claim)) return `claim ${name} of the ${what} is being deleted`
  return claim.status?.phase === 'Lost' ? `claim ${name} of the ${what} lost its volume` : undefined
}

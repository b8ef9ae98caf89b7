/**
 * The bugs that prove that the simulator of the operator would find such a thing: each is planted at a seam (the way to the
 * API server or to the pods, a decision, a method of a class), never by a branch in the product.
 */
import type { KubeApi } from '../../../operator/kube/api.ts'
import { Leadership } from '../../../operator/kube/lease/leadership.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { type Action, remove } from '../../../operator/plan/action.ts'
import type { Decision } from '../../../operator/plan/decision.ts'
import type { ShardInput } from '../../../operator/plan/shard/input.ts'
import { finalizer } from '../../../operator/render/names.ts'
import { routingKey } from '../../../operator/render/routing.ts'
import type { OperatorBug } from './bug.ts'

export const operatorBugs: Readonly<Record<string, OperatorBug>> = {
  'veto-ignored': {
    from: 57,
    story: 'what a veto holds back is done all the same',
    found: /no other replica of .* has served|while .* does not serve again|which the map of/,
    seams: () => ({ decide: { Shard: (decide) => (input) => withVetoed(decide(input), input) } }),
  },
  'rolls-two': {
    from: 11,
    story: 'a roll restarts every replica of a shard at once',
    found: /for a restart while|no other replica|wanted as it is/,
    seams: () => ({ decide: { Shard: (decide) => (input) => withAll(decide(input), input) } }),
  },
  'finalizer-early': {
    from: 3,
    story: 'the finalizer is taken off before what it guards is gone',
    found: /let (EventCluster|Shard) .* go while/,
    seams: () => ({ decide: { EventCluster: letGo(resources.eventClusters), Shard: letGo(resources.shards) } }),
  },
  'epoch-kept': {
    from: 1,
    story: 'a map that changed keeps its epoch',
    found: /the map of epoch \d+ came after another one/,
    seams: () => ({ decide: { EventCluster: (decide) => (input) => mapActions(decide(input), sameEpoch) } }),
  },
  'token-rewritten': {
    from: 1,
    story: 'a token is made anew where one is there',
    found: /replaced the token/,
    seams: () => ({
      api: overwritingSecrets,
      decide: { Project: (decide) => (input) => mintAll(decide(input), input) },
    }),
  },
  'status-flaps': {
    from: 1,
    story: 'the status says at what time it was looked at',
    found: /OPR-2: no rest/,
    seams: () => ({ decide: { EventCluster: flapping } }),
  },
  'fence-open': {
    from: 29,
    story: 'a process goes on as leader after its time',
    found: /while the Lease is/,
    seams: () => ({
      patch: () => {
        const original = Object.getOwnPropertyDescriptor(Leadership.prototype, 'holds')!
        Object.defineProperty(Leadership.prototype, 'holds', { ...original, get: () => true })
        return () => Object.defineProperty(Leadership.prototype, 'holds', original)
      },
    }),
  },
  'destroys-unasked': {
    from: 3,
    story: 'a cluster that is deleted takes its data with it, whatever the policy says',
    found: /the last holder of events/,
    seams: () => ({ decide: { EventCluster: (decide) => (input) => decide(confirmed(input)) } }),
  },
}

function withVetoed(decision: Decision<object>, input: ShardInput): Decision<object> {
  const vetoed = decision.blocked.filter(({ act }) => act === 'RemoveReplica' || act === 'RestartReplica')
  const pods = input.pods.filter(({ metadata }) => vetoed.some(({ object }) => object === metadata.name))
  // Without the name of an act nobody looks a second time.
  return { ...decision, actions: [...decision.actions, ...pods.map((pod) => remove(resources.pods, pod))] }
}

function withAll(decision: Decision<object>, input: ShardInput): Decision<object> {
  const isRestart = (action: Action) => action.do === 'delete' && action.act === 'RestartReplica'
  if (!decision.actions.some(isRestart)) return decision
  const pods = input.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const others = pods.map((pod) => remove(resources.pods, pod))
  return { ...decision, actions: [...decision.actions.filter((action) => !isRestart(action)), ...others] }
}

function letGo(resource: typeof resources.shards) {
  return (decide: (input: never) => Decision<object>) =>
    (input: never): Decision<object> => {
      const decision = decide(input)
      const { cluster, shard } = input as { cluster?: KubeObject; shard?: KubeObject }
      const object = (resource === resources.shards ? shard : cluster)!
      const isHeld = object.metadata.finalizers?.includes(finalizer) && object.metadata.deletionTimestamp !== undefined
      return isHeld ? { ...decision, actions: [{ do: 'finalizer', change: 'remove', resource, object }] } : decision
    }
}

function mapActions(decision: Decision<object>, change: (action: Action) => Action): Decision<object> {
  return { ...decision, actions: decision.actions.map(change) }
}

function sameEpoch(action: Action): Action {
  if (action.do !== 'replace') return action
  const data = action.object.data as Readonly<Record<string, string>> | undefined
  const text = data?.[routingKey]
  if (text === undefined) return action
  const map = JSON.parse(text) as { routingEpoch: number; shards: { epoch: number }[] }
  if (map.routingEpoch < 3) return action
  const kept = JSON.stringify({ ...map, routingEpoch: map.routingEpoch - 1 })
  return { ...action, object: { ...action.object, data: { ...data, [routingKey]: kept } } }
}

/** Makes a Secret whether there is one or not. */
function overwritingSecrets(api: KubeApi): KubeApi {
  return changed(api, {
    create: (resource, object, options) =>
      resource === resources.secrets && object.metadata.name.startsWith('checkout')
        ? api.apply(resource, object, { fieldManager: options?.fieldManager ?? '', force: true })
        : api.create(resource, object, options),
  })
}

function mintAll(decision: Decision<object>, input: { secrets: ReadonlyMap<string, KubeObject> }): Decision<object> {
  const secret = input.secrets.get('checkout-ingest')
  if (secret === undefined || decision.requeueAfterMs === undefined) return decision
  const { name, namespace, labels = {} } = secret.metadata
  const object = { ...secret, metadata: { name, ...(namespace && { namespace }), labels } }
  return { ...decision, actions: [...decision.actions, { do: 'mint', object }] }
}

function flapping(decide: (input: never) => Decision<object>): (input: never) => Decision<object> {
  return (input) => {
    const decision = decide(input)
    const tens = Math.floor((input as { now: number }).now / 10_000)
    const { versions } = decision.status as { versions?: object }
    const status = { ...decision.status, versions: { ...versions, operator: `${tens}` } }
    return { ...decision, status, requeueAfterMs: 5_000 }
  }
}

function confirmed(input: never): never {
  const { cluster, ...rest } = input as { cluster: KubeObject }
  const deletion = { policy: 'Delete', confirm: cluster.metadata.name }
  return { ...rest, cluster: { ...cluster, spec: { ...(cluster.spec as object), deletion } } } as never
}

/** The same API with some methods of its own. */
function changed(api: KubeApi, methods: Partial<KubeApi>): KubeApi {
  return {
    get: (resource, key) => api.get(resource, key),
    list: (resource, query) => api.list(resource, query),
    watch: (resource, query, signal) => api.watch(resource, query, signal),
    create: (resource, object, options) => api.create(resource, object, options),
    replace: (resource, object, options) => api.replace(resource, object, options),
    apply: (resource, object, options) => api.apply(resource, object, options),
    patch: (resource, key, patch, options) => api.patch(resource, key, patch, options),
    delete: (resource, key, options) => api.delete(resource, key, options),
    raw: (request) => api.raw(request),
    ...methods,
  }
}

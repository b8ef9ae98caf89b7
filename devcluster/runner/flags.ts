/** Flags of the pod runner: parsed and checked, with their help. Pure. */
import { parseArgs } from 'node:util'
import type { NodeSettings } from './node/node-object.ts'
import { quantity } from './quantity.ts'

export interface RunnerFlags {
  readonly data: string
  readonly images: string
  readonly nodes: readonly NodeSettings[]
  readonly namespaces: readonly string[] | undefined
  readonly context: string | undefined
  readonly schedulerName: string
  readonly backoffScale: number
  readonly onExit: 'end' | 'keep'
  readonly forget: boolean
}

export const help = `pod runner: nodes of a Kubernetes API server whose containers are processes of this machine

usage: npm run pod-runner -- [FLAGS]

  --data FOLDER            where records, volumes and logs are kept (default .anabranch/runner)
  --images FILE            table of images, JSON (default: anabranch:* is the data plane of this repository)
  --node NAME[,KEY=VALUE]  a node to register, with labels; may be repeated (default local)
  --cpu Q, --memory Q      what each node offers (default 16, 64Gi): counted when pods are placed, never enforced
  --pods N                 pods a node takes (default 200)
  --namespace NAME         look at this namespace only; may be repeated (default: all)
  --context NAME           context of the kubeconfig (default: its current one)
  --scheduler-name NAME    places pods of this scheduler (default default-scheduler)
  --backoff-scale X        times of back-off are multiplied by this (default 1)
  --on-exit end|keep       on SIGTERM: end the processes, or leave them to the next runner of this folder (default end)
  --forget                 on SIGTERM: delete the nodes and volumes from the API server too

The API server is found as kubectl finds it: KUBECONFIG, or ~/.kube/config. A runner that is killed leaves its processes running; the
next one with the same --data takes them over. Needs Linux: each pod has a loopback address of its own.`

/** `undefined`: help was asked for. Throws `Error` with what is wrong. */
export function parseRunnerFlags(
  argv: readonly string[],
  defaults: { readonly images: string },
): RunnerFlags | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      data: { type: 'string', default: '.anabranch/runner' },
      images: { type: 'string', default: defaults.images },
      node: { type: 'string', multiple: true, default: ['local'] },
      cpu: { type: 'string', default: '16' },
      memory: { type: 'string', default: '64Gi' },
      pods: { type: 'string', default: '200' },
      namespace: { type: 'string', multiple: true },
      context: { type: 'string' },
      'scheduler-name': { type: 'string', default: 'default-scheduler' },
      'backoff-scale': { type: 'string', default: '1' },
      'on-exit': { type: 'string', default: 'end' },
      forget: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const { cpu, memory } = values
  for (const [flag, text] of Object.entries({ cpu, memory }))
    if (!(quantity(text) > 0)) throw new Error(`--${flag}: got '${text}', want a quantity like 4 or 8Gi`)
  const pods = wholeNumber('--pods', values.pods)
  const onExit = values['on-exit']
  if (onExit !== 'end' && onExit !== 'keep') throw new Error(`--on-exit: got '${onExit}', want end or keep`)
  const backoffScale = Number(values['backoff-scale'])
  if (!(backoffScale > 0)) throw new Error(`--backoff-scale: got '${values['backoff-scale']}', want a number above 0`)
  return {
    data: values.data,
    images: values.images,
    nodes: values.node.map((text) => ({ ...nodeOf(text), cpu, memory, pods })),
    namespaces: values.namespace,
    context: values.context,
    schedulerName: values['scheduler-name'],
    backoffScale,
    onExit,
    forget: values.forget,
  }
}

function nodeOf(text: string): Pick<NodeSettings, 'name' | 'labels'> {
  const [name, ...labels] = text.split(',')
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name ?? ''))
    throw new Error(`--node: got '${text}', want a name of a-z, 0-9, - and ., and labels after commas`)
  return { name: name!, labels: Object.fromEntries(labels.map((label) => label.split('=', 2) as [string, string])) }
}

function wholeNumber(flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${flag}: got '${text}', want a whole number`)
  return Number(text)
}

/** The manifests that install the operator against the program that they start. */
import { expect, test } from 'vitest'
import { parseFlags } from '../../dataplane/roles/flags.ts'
import { deployment } from '../../operator/install/deployment.ts'
import { operatorFlags } from '../../operator/main/flags.ts'

interface Variable {
  readonly name: string
  readonly value?: string
}

const { template } = deployment({ namespace: 'anabranch-system', image: 'anabranch:1.2.3' }).spec as {
  template: { spec: { containers: { env: Variable[]; ports: { name: string; containerPort: number }[] }[] } }
}
const [{ env, ports } = { env: [], ports: [] }] = template.spec.containers

test('install: the environment of the pod -> flags that the operator has, and serves all namespaces', () => {
  const known = Object.keys(operatorFlags.shape).map(
    (flag) => `ANABRANCH_${flag.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
  )
  expect(env.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([])
  const told = Object.fromEntries(env.map(({ name, value = 'told' }) => [name, value]))
  const flags = parseFlags(operatorFlags, [], told)
  expect(flags).toMatchObject({ image: 'anabranch:1.2.3', leaseNamespace: 'told', host: 'told' })
  expect(flags.namespace).toBeUndefined()
})

test('install: the port that is probed -> the one that the operator listens on', () => {
  expect(ports).toEqual([
    expect.objectContaining({
      name: 'probes',
      containerPort: Number(env.find(({ name }) => name === 'ANABRANCH_PROBE_PORT')?.value),
    }),
  ])
})

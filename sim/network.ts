/**
 * Words between replicas, and from the operator to them: a request and its reply, each of which may come late, and so after a later one, get
 * lost, or come twice. A request that left its sender may arrive though the sender died.
 *
 * Does not: carry reads of the log and of the store; their ports do (`ports/`).
 */
import type { Code } from '../common/errors/codes.ts'
import { unavailable } from '../common/errors/errors.ts'
import type { Life } from './kernel/life.ts'
import type { World } from './world.ts'

export interface Exchange<Answer> {
  /** `undefined`: somebody outside of all processes. */
  readonly from: Life | undefined
  readonly label: string
  /** What the sender gets when nobody answers. */
  readonly code: Code
  /** Whoever is there when the message arrives. */
  readonly to: () => { readonly life: Life; act(): Promise<Answer> } | undefined
}

/** Throws what the other side threw, or `code`: then nobody knows whether the message had an effect. */
export async function exchange<Answer>(world: World, { from, label, code, to }: Exchange<Answer>): Promise<Answer> {
  const { scheduler, faults } = world
  const nobody = () => unavailable(code, `simulated: no answer to ${label}`)
  if (faults.isWordDoubled()) void arriveAgain(world, { label, to })
  await scheduler.pass(from, `${label} request`, { ms: faults.delay(), outlives: true })
  try {
    const receiver = to()
    if (receiver === undefined || faults.isWordLost()) return nobody()
    return await receiver.life.call(code, () => receiver.act())
  } finally {
    await scheduler.pass(from, `${label} reply`, { ms: faults.delay() })
    if (faults.isWordLost()) nobody()
  }
}

/** The copy of a message comes at a time of its own; nobody waits for its answer. */
async function arriveAgain<Answer>(
  { scheduler, faults }: World,
  { label, to }: Pick<Exchange<Answer>, 'label' | 'to'>,
): Promise<void> {
  await scheduler.pass(undefined, `${label} again`, { ms: 2 * faults.delay() })
  await to()
    ?.act()
    .catch(() => undefined)
}

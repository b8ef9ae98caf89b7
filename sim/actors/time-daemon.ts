/** Sets the wall clocks of processes wrong, now and then; durations go on. */
import type { ProcessClock } from '../ports/clock.ts'
import type { World } from '../world.ts'

/** A process that may run, and its clock. */
export interface Clocked {
  readonly current: { readonly service: { readonly clock: ProcessClock } } | undefined
}

export async function setClocksNowAndThen(world: World, processes: readonly Clocked[]): Promise<void> {
  while (!world.faults.isStopped) {
    await world.scheduler.pass(undefined, 'time daemon', { ms: 500 + world.random.below(2_000) })
    const ms = world.faults.clockJump()
    if (ms !== 0) world.random.pick(processes).current?.service.clock.jump(ms)
  }
}

/** What happens to processes from outside: they are killed, and their wall clocks are set wrong. */
import type { Life } from '../kernel/life.ts'
import type { ProcessClock } from '../ports/clock.ts'
import type { World } from '../world.ts'

/** A process that may run. */
export interface Victim {
  readonly lives: readonly Life[]
  readonly current: { readonly service: { readonly clock: ProcessClock } } | undefined
}

export async function killNowAndThen(world: World, processes: readonly Victim[]): Promise<void> {
  while (!world.faults.isStopped) {
    await world.scheduler.pass(undefined, 'reaper', { ms: 300 + world.random.below(2_000) })
    // Most happens at few moments: in the midst of them, not only between them.
    for (let turns = world.random.below(8); turns > 0; turns--) await world.scheduler.pass(undefined, 'reaper')
    const [life] = world.random.pick(processes).lives
    if (life === undefined || !world.faults.isSuddenDeath()) continue
    world.trace.add(`  ${life} is killed`)
    world.crash(life)
  }
}

/** Durations go on: only what the clock on the wall shows jumps. */
export async function setClocksNowAndThen(world: World, processes: readonly Victim[]): Promise<void> {
  while (!world.faults.isStopped) {
    await world.scheduler.pass(undefined, 'time daemon', { ms: 500 + world.random.below(2_000) })
    const ms = world.faults.clockJump()
    if (ms !== 0) world.random.pick(processes).current?.service.clock.jump(ms)
  }
}

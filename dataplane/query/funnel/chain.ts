/**
 * A user's funnel level, without grace: the length of the longest chain of steps in order of time.
 *
 * Events come as *marks*: `(time - base) * 2^steps + mask`, ascending, where bit `s` of the mask says
 * that the event matches step `s`; bit 0 only where the event lies in the range of the query. So
 * marks of one time are neighbours, and the low bits of a mark never disturb the order of times.
 *
 * `start[i]` is the latest possible time of the first event of a chain of length `i` that the events
 * so far allow; nothing else of a chain matters later, since only the window looks back. Events of
 * one time are interchangeable: what they can add together is a matching of steps to events.
 */
import { bug } from '../../../common/errors/errors.ts'

export interface ChainRules {
  readonly steps: number
  readonly windowMs: number
  readonly entry: 'first' | 'latest'
}

const none = -1

export class ChainLevels {
  readonly #rules: ChainRules
  readonly #scale: number
  readonly #start: Float64Array
  readonly #next: Float64Array
  readonly #matching: Matching

  constructor(rules: ChainRules) {
    this.#rules = rules
    this.#scale = 2 ** rules.steps
    this.#start = new Float64Array(rules.steps + 1)
    this.#next = new Float64Array(rules.steps + 1)
    this.#matching = new Matching(rules.steps)
  }

  /** Level of the marks `[from, to)` when each matches one step and no step is written twice. */
  single(marks: Float64Array, from: number, to: number): number {
    return this.#rules.entry === 'latest' ? this.#singleLatest(marks, from, to) : this.#singleFirst(marks, from, to)
  }

  #singleLatest(marks: Float64Array, from: number, to: number): number {
    const { steps, windowMs } = this.#rules
    const start = this.#start.fill(none)
    const inverse = 1 / this.#scale
    let level = 0
    for (let i = from; i < to; i++) {
      const mark = marks[i]!
      const time = Math.floor(mark * inverse)
      const length = 32 - Math.clz32(mark - time * this.#scale)
      if (length === 1) {
        start[1] = time
        if (level === 0) level = 1
        continue
      }
      // Starts never fall, so the chain that is one shorter has the latest.
      const began = start[length - 1]!
      if (began < 0 || time - began > windowMs) continue
      start[length] = began
      if (length > level) {
        level = length
        if (level === steps) break
      }
    }
    return level
  }

  #singleFirst(marks: Float64Array, from: number, to: number): number {
    const { steps, windowMs } = this.#rules
    const inverse = 1 / this.#scale
    let level = 0
    let latest = Number.POSITIVE_INFINITY
    for (let i = from; i < to && level < steps; i++) {
      const mark = marks[i]!
      const time = Math.floor(mark * inverse)
      if (time > latest) break
      // Marks of one time ascend by step, so a step that waits for another of that time comes after it.
      if (32 - Math.clz32(mark - time * this.#scale) !== level + 1) continue
      level++
      if (level === 1) latest = time + windowMs
    }
    return level
  }

  /** Level of the marks `[from, to)`, whatever steps their events match. */
  any(marks: Float64Array, from: number, to: number): number {
    const { entry, steps } = this.#rules
    const start = this.#start.fill(none)
    let level = 0
    let entered = none
    for (let i = from; i < to && level < steps; ) {
      const time = Math.floor(marks[i]! / this.#scale)
      let end = i + 1
      while (end < to && marks[end]! < (time + 1) * this.#scale) end++
      if (entered === none && this.#hasEntry(marks, { from: i, to: end, time })) entered = time
      const mayEnter = entry === 'latest' || time === entered
      if (end === i + 1) this.#addOne(start, marks[i]! - time * this.#scale, { time, mayEnter })
      else this.#addTied(start, marks.subarray(i, end), { time, mayEnter })
      while (level < steps && start[level + 1]! >= 0) level++
      i = end
    }
    return level
  }

  #hasEntry(marks: Float64Array, { from, to, time }: { from: number; to: number; time: number }): boolean {
    for (let i = from; i < to; i++) {
      if (((marks[i]! - time * this.#scale) & 1) === 1) return true
    }
    return false
  }

  #addOne(start: Float64Array, mask: number, { time, mayEnter }: Entry): void {
    // From the longest chain down, so that the event is used once.
    for (let length = this.#rules.steps; length >= 2; length--) {
      const began = start[length - 1]!
      if ((mask >>> (length - 1)) % 2 === 1 && began > start[length]! && time - began <= this.#rules.windowMs)
        start[length] = began
    }
    if (mayEnter && (mask & 1) === 1) start[1] = time
  }

  /** Every chain of length `l` before this time may go on to length `m` when steps `l + 1` to `m` find an event each. */
  #addTied(start: Float64Array, marks: Float64Array, { time, mayEnter }: Entry): void {
    const { steps, windowMs } = this.#rules
    const next = this.#next
    next.set(start)
    this.#matching.events(marks, time * this.#scale)
    for (let length = 0; length < steps; length++) {
      const began = length === 0 ? (mayEnter ? time : none) : start[length]!
      if (began < 0 || time - began > windowMs) continue
      this.#matching.reset()
      for (let step = length; step < steps && this.#matching.add(step); step++) {
        if (began > next[step + 1]!) next[step + 1] = began
      }
    }
    start.set(next)
  }
}

interface Entry {
  readonly time: number
  /** A chain may begin at this time. */
  readonly mayEnter: boolean
}

/**
 * A matching of steps to different events, grown a step at a time by augmenting paths. Events of
 * one mask are a class with a capacity, so any number of equal events costs the same.
 */
class Matching {
  readonly #steps: number
  readonly #capacity: Uint32Array
  readonly #masks: number[] = []
  readonly #used: Uint32Array
  /** Mask of the class that a step is matched to; 0: none. */
  readonly #of: Uint32Array
  readonly #visited: Uint8Array

  constructor(steps: number) {
    if (steps > 10) bug(`a funnel of ${steps} steps`)
    this.#steps = steps
    this.#capacity = new Uint32Array(2 ** steps)
    this.#used = new Uint32Array(2 ** steps)
    this.#visited = new Uint8Array(2 ** steps)
    this.#of = new Uint32Array(steps)
  }

  /** Takes the events of one time; `base` is the mark of that time without a mask. */
  events(marks: Float64Array, base: number): void {
    for (const mask of this.#masks) this.#capacity[mask] = 0
    this.#masks.length = 0
    for (const mark of marks) {
      const mask = mark - base
      if (this.#capacity[mask] === 0) this.#masks.push(mask)
      if (this.#capacity[mask]! < this.#steps) this.#capacity[mask] = this.#capacity[mask]! + 1
    }
  }

  reset(): void {
    for (const mask of this.#masks) this.#used[mask] = 0
    this.#of.fill(0)
  }

  /** Matches one more step; false, and nothing changed, when there is no way to. */
  add(step: number): boolean {
    for (const mask of this.#masks) this.#visited[mask] = 0
    return this.#augment(step)
  }

  #augment(step: number): boolean {
    for (const mask of this.#masks) {
      if ((mask >>> step) % 2 === 0 || this.#visited[mask] === 1) continue
      this.#visited[mask] = 1
      if (this.#used[mask]! < this.#capacity[mask]!) {
        this.#used[mask] = this.#used[mask]! + 1
        this.#of[step] = mask
        return true
      }
      for (let other = 0; other < this.#steps; other++) {
        if (this.#of[other] !== mask || !this.#augment(other)) continue
        // `other` found an event elsewhere and left its place in this class.
        this.#of[step] = mask
        return true
      }
    }
    return false
  }
}

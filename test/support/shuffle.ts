/** A repeatable shuffle: the same seed and length give the same order (mulberry32, public domain, Tommy Ettinger). */
export function shuffled<T>(items: readonly T[], seed: string): T[] {
  const next = generator(seed)
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = next(i + 1)
    ;[out[i], out[j]] = [out[j], out[i]]
  }
  return out
}

/** Draws integers from 0 to `below - 1`. */
export function generator(seed: string): (below: number) => number {
  let state = 0
  for (let i = 0; i < seed.length; i++) state = (Math.imul(state, 31) + seed.charCodeAt(i)) | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below)
  }
}

/**
 * The users of the canonical workload and what is constant about each.
 *
 * Index = activity rank: user 0 is the hot one. Ids are 16 lower-case hex digits, so a system with
 * typed columns can hold them as 64-bit integers without loss.
 */
import { mix32, type Prng } from './prng.ts'
import { cities, citiesPerCountry, cohorts, countries, groups, languages, plans } from './vocabulary.ts'
import { choose, longTail, weightedTable, zipf } from './weights.ts'

export interface Population {
  readonly count: number
  readonly seed: number
  /** Per user an index into the vocabulary of the property. */
  readonly country: Uint16Array
  readonly city: Uint16Array
  readonly plan: Uint16Array
  readonly cohort: Uint16Array
  readonly language: Uint16Array
  readonly group: Uint16Array
  /** The user's usual device class, browser and system: sessions mostly follow it. */
  readonly device: Uint8Array
}

export function makePopulation(count: number, seed: number, prng: Prng): Population {
  const column = () => new Uint16Array(count)
  const population = {
    count,
    seed,
    country: column(),
    city: column(),
    plan: column(),
    cohort: column(),
    language: column(),
    group: column(),
    device: new Uint8Array(count),
  }
  const countryTable = weightedTable(zipf(countries.length))
  const cityTable = weightedTable(zipf(citiesPerCountry))
  const languageTable = weightedTable(longTail(languages.length))
  const planTable = weightedTable([70, 20, 8, 2])
  const deviceTable = weightedTable([60, 34, 6])
  for (let user = 0; user < count; user++) {
    const country = choose(countryTable, prng)
    population.country[user] = country
    population.city[user] = country * citiesPerCountry + choose(cityTable, prng)
    population.plan[user] = choose(planTable, prng)
    population.cohort[user] = prng.below(cohorts.length)
    // Three in four speak the country's first language.
    population.language[user] = prng.below(4) === 0 ? choose(languageTable, prng) : country % languages.length
    population.group[user] = prng.below(groups.length)
    population.device[user] = choose(deviceTable, prng)
  }
  if (cities.length !== countries.length * citiesPerCountry || plans.length !== 4) throw new Error('vocabulary changed')
  return population
}

/** `distinct_id` of a user: 16 lower-case hex digits, distinct for distinct users. */
export function userId(seed: number, user: number): string {
  return hexId(seed, user, 0x75736572)
}

/** `session_id`: 16 lower-case hex digits, distinct for distinct sessions. */
export function sessionId(seed: number, session: number): string {
  return hexId(seed, session, 0x73657373)
}

/** Both halves are bijections of the ordinal, so two ordinals never share an id. */
function hexId(seed: number, ordinal: number, salt: number): string {
  const high = mix32(ordinal ^ mix32(seed ^ salt))
  const low = mix32(ordinal + mix32(seed + salt))
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/**
 * The words of the canonical workload: event names by rank, and the values of each property.
 *
 * The workload is that of an invented shop. Ranks 3, 10 and 30 are the steps of the canonical funnel.
 */
import { mix32 } from './prng.ts'

const objects = [
  ...['Page', 'Product', 'Cart', 'Checkout', 'Order', 'Search', 'Filter', 'Banner', 'Coupon', 'Wishlist'],
  ...['Review', 'Profile', 'Address', 'Payment', 'Invoice', 'Message', 'Video', 'Article', 'Support Ticket', 'Store'],
]
const verbs = ['Viewed', 'Opened', 'Closed', 'Clicked', 'Shared', 'Updated', 'Created', 'Removed', 'Saved', 'Failed']

/** Indexes of the canonical funnel's steps: names of rank 3, 10 and 30. */
export const funnelSteps = [2, 9, 29] as const

/** 200 names, most frequent first. */
export const eventNames: readonly string[] = rankedNames()

function rankedNames(): string[] {
  const fixed = new Map<number, string>([
    [0, 'Page Viewed'],
    [funnelSteps[0], 'Product Viewed'],
    [funnelSteps[1], 'Cart Updated'],
    [funnelSteps[2], 'Order Created'],
  ])
  const taken = new Set(fixed.values())
  const rest = objects
    .flatMap((object) => verbs.map((verb) => `${object} ${verb}`))
    .filter((name) => !taken.has(name))
    .map((name, i) => ({ name, key: mix32(i) }))
    .sort((a, b) => a.key - b.key)
    .map(({ name }) => name)
  return Array.from({ length: 200 }, (_, rank) => fixed.get(rank) ?? rest.pop()!)
}

/** Events with an `amount`: those of these ranks (from 0), 4.6 % of all. */
export const amountEvents: ReadonlySet<number> = new Set([9, 14, 19, 29, 44])
/** Events with `items`, a list: about 1 % of all. */
export const itemsEvents: ReadonlySet<number> = new Set([29, 44])

export const countries: readonly string[] = (
  'US DE GB FR IN BR JP CA ES IT NL AU MX PL SE KR TR ID CH AT BE DK NO FI PT IE CZ RO HU GR ' +
  'IL ZA AR CL CO PE TH VN PH MY SG TW HK NZ UA BG HR SK SI LT LV EE RS EG MA NG KE SA AE PK'
).split(' ')

export const citiesPerCountry = 20
/** Twenty to each country; `cities[20 * country + i]`. */
export const cities: readonly string[] = countries.flatMap((country) =>
  Array.from({ length: citiesPerCountry }, (_, i) => `${country} ${cityName(i)}`),
)

function cityName(i: number): string {
  const names = ['Northport', 'Easton', 'Southgate', 'Westfield', 'Riverside', 'Hilltop', 'Lakeview', 'Old Town']
  return i < names.length ? names[i] : `${names[i % names.length]} ${Math.floor(i / names.length) + 1}`
}

export const languages: readonly string[] =
  'en de fr es pt it ja ko nl pl sv tr id da nb fi cs ro hu el he th vi zh'.split(' ')
export const plans: readonly string[] = ['free', 'pro', 'team', 'enterprise']
export const cohorts: readonly string[] = Array.from(
  { length: 104 },
  (_, i) => `${2024 + Math.floor(i / 52)}-W${String((i % 52) + 1).padStart(2, '0')}`,
)
export const groups: readonly string[] = ['control', 'A', 'B']
export const browsers: readonly string[] = ['Chrome', 'Safari', 'Edge', 'Firefox', 'Samsung Internet', 'Opera', 'App']
export const systems: readonly string[] = ['Android', 'iOS', 'Windows', 'Mac OS X', 'Linux', 'Chrome OS']
export const devices: readonly string[] = ['mobile', 'desktop', 'tablet']

/** 300 referring pages, most frequent first. */
export const referrers: readonly string[] = Array.from({ length: 300 }, (_, i) =>
  i < 6
    ? `https://www.${['google.com', 'bing.com', 'instagram.com', 'facebook.com', 'youtube.com', 'duckduckgo.com'][i]}/`
    : `https://${word(i, 1)}-${word(i, 2)}.example/${word(i, 3)}`,
)

const pageKinds = ['', '/reviews', '/images', '/sizes', '/questions', '/shipping', '/similar']

/** 35,000 pages, most frequent first: seven of each of 5,000 products. */
export const urls: readonly string[] = Array.from({ length: 35_000 }, (_, i) => {
  // 9,973 is prime to 35,000: a permutation, so that frequent pages belong to any product.
  const page = (i * 9_973) % 35_000
  return `https://shop.example.com/products/${Math.floor(page / 7)}${pageKinds[page % 7]}`
})

/** 2,000 lists of one to four articles, no two alike. */
export const itemLists: readonly (readonly string[])[] = Array.from({ length: 2_000 }, (_, i) => [
  `sku-${i}`,
  ...Array.from({ length: mix32(i) % 4 }, (_, k) => `sku-${mix32(i * 4 + k) % 2000}`),
])

/** String forms of `build`, the property whose type conflicts: numbers on most events, these on some. */
export const buildNames: readonly string[] = Array.from({ length: 40 }, (_, i) => `${1000 + i}-beta`)

function word(i: number, salt: number): string {
  const syllables = [
    'ka',
    'lo',
    'mi',
    'ren',
    'sto',
    'va',
    'del',
    'pa',
    'tir',
    'no',
    'bel',
    'su',
    'gra',
    'fen',
    'hu',
    'ly',
  ]
  const bits = mix32(Math.imul(i, 31) + salt)
  return syllables[bits & 15] + syllables[(bits >>> 4) & 15] + ((bits >>> 8) & 1 ? syllables[(bits >>> 9) & 15] : '')
}

/**
 * Rules of direction: which zone imports which (`scripts/zones.json`), that the zones form no cycle, that the oracle stands
 * alone (QRY-1: it could not decide what is right if it shared code with what it judges), and which packages are allowed.
 */
import { isBuiltin } from 'node:module'
import type { Config } from './config.ts'
import { isTest, type Source, type Tree, type Violation } from './tree.ts'

/** The zone that owns a path: the longest prefix. */
export function zoneOf(path: string, zones: readonly string[]): string | undefined {
  return zones.filter((zone) => path.startsWith(`${zone}/`)).sort((a, b) => b.length - a.length)[0]
}

/** Zones that a list names, `prefix/*` expanded. Throws on a name that is no zone: a typing error would allow nothing, silently. */
function expand(list: readonly string[], zones: readonly string[]): string[] {
  return list.flatMap((name) => {
    const found = name.endsWith('/*')
      ? zones.filter((zone) => zone.startsWith(name.slice(0, -1)))
      : zones.filter((zone) => zone === name)
    if (found.length === 0) throw new Error(`scripts/zones.json: "${name}" is no zone`)
    return found
  })
}

export function checkZones(tree: Tree, config: Config): Violation[] {
  const zones = Object.keys(config.zones)
  const allowed = new Map(zones.map((zone) => [zone, expand(config.zones[zone]!, zones)]))
  const forTests = expand(config.tests, zones)
  const violations = checkCycles(allowed)
  for (const source of tree.sources) {
    const zone = zoneOf(source.path, zones)
    if (zone === undefined) {
      if (source.path.includes('/'))
        violations.push({
          path: source.path,
          line: 0,
          message: 'belongs to no zone of scripts/zones.json: add its folder there',
        })
      continue
    }
    const mayImport = [zone, ...allowed.get(zone)!, ...(isTest(source.path) ? forTests : [])]
    for (const { target, line } of source.imports) {
      if (target === undefined) continue
      if (isTest(target) && !isTest(source.path)) {
        violations.push({ path: source.path, line, message: `imports ${target}, which is for tests only` })
        continue
      }
      const other = zoneOf(target, zones)
      if (target === 'package.json' || (other !== undefined && mayImport.includes(other))) continue
      violations.push({
        path: source.path,
        line,
        message: `zone ${zone} may not import ${other === undefined ? target : `zone ${other}`}: pass the value in, or move what both need below both (scripts/zones.json)`,
      })
    }
  }
  return violations
}

function checkCycles(allowed: ReadonlyMap<string, readonly string[]>): Violation[] {
  const done = new Set<string>()
  const cycles: Violation[] = []
  const visit = (zone: string, trail: readonly string[]) => {
    if (trail.includes(zone)) {
      const loop = [...trail.slice(trail.indexOf(zone)), zone].join(' -> ')
      cycles.push({ path: 'scripts/zones.json', line: 0, message: `zones import each other in a circle: ${loop}` })
      return
    }
    if (done.has(zone)) return
    for (const next of allowed.get(zone)!) if (next !== zone) visit(next, [...trail, zone])
    done.add(zone)
  }
  for (const zone of allowed.keys()) visit(zone, [])
  return cycles
}

/** Nothing of ours may enter `oracle/`, not even for its tests; what `scripts/zones.json` says does not matter here. */
export function checkOracle(tree: Tree): Violation[] {
  return tree.sources
    .filter((source) => source.path.startsWith('oracle/'))
    .flatMap((source) => [
      ...source.imports
        .filter(
          ({ specifier, target }) => specifier === undefined || (target !== undefined && !target.startsWith('oracle/')),
        )
        .map(({ specifier, line }) => ({
          path: source.path,
          line,
          message: `the oracle imports ${specifier ?? 'a computed name'}: it shares no code with the engine that it judges; write it anew here`,
        })),
    ])
}

/** Packages: listed in package.json, and those for development only where nothing is shipped. */
export function checkPackages(tree: Tree, config: Config): Violation[] {
  return tree.sources.flatMap((source) =>
    source.imports.flatMap(({ specifier, target, line }) => {
      if (target !== undefined) return []
      const message =
        specifier === undefined ? computedMessage(source, config) : packageMessage(source.path, specifier, config)
      return message === undefined ? [] : [{ path: source.path, line, message }]
    }),
  )
}

function computedMessage(source: Source, config: Config): string | undefined {
  if (isTest(source.path) || Object.keys(config.effects).some((prefix) => source.path.startsWith(prefix)))
    return undefined
  return 'imports a computed name, so that no rule can follow it: name the file'
}

function packageMessage(path: string, specifier: string, config: Config): string | undefined {
  if (isBuiltin(specifier)) return undefined
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (config.dependencies.includes(name)) return undefined
  if (!config.devDependencies.includes(name))
    return `package ${name} is not in package.json: a dependency is listed, exact, with its reason (scripts/dependencies.ts)`
  const shipped = /^(common|dataplane|operator|console|cli)\//.test(path) && !isTest(path)
  return shipped ? `package ${name} is for development only, and this file is shipped` : undefined
}

/**
 * ClickHouse's side: a table as good as its own documentation would make it, and the questions in its SQL.
 *
 * Two tables. `fast` has the default LZ4, which measured 1.3 to 1.7 times faster than ZSTD here, and answers
 * the questions; `tuned` has the codec that measured smallest for each column, and is weighed. Both are
 * sorted by (project, user, time), merged into one part, and hold only visible events. Ids that are
 * hexadecimal are integers; strings of few values are `LowCardinality`; missing is the type's default.
 */

import { dayMs, workloadProject } from '../workload/shape.ts'
import * as vocabulary from '../workload/vocabulary.ts'
import type { Conditions } from './questions.ts'
import { birthEvent, retentionDays, returnEvent, steps, windowMs } from './questions.ts'

/** Strings of few values, with the vocabulary that their codes index. */
export const lowCardinality: Readonly<Record<string, readonly string[]>> = {
  country: vocabulary.countries,
  city: vocabulary.cities,
  plan: vocabulary.plans,
  signup_cohort: vocabulary.cohorts,
  language: vocabulary.languages,
  ab_group: vocabulary.groups,
  browser: vocabulary.browsers,
  os: vocabulary.systems,
  device: vocabulary.devices,
  referrer: vocabulary.referrers,
}

/** Column, type, codec of `tuned`, expression over the file's columns. */
const columns: readonly (readonly [string, string, string, string])[] = [
  ['project', 'LowCardinality(String)', 'ZSTD(1)', `'${workloadProject}'`],
  ['user', 'UInt64', 'ZSTD(1)', 'user'],
  ['time', "DateTime64(3, 'UTC')", 'Delta(8), T64, ZSTD(1)', "fromUnixTimestamp64Milli(time, 'UTC')"],
  ['event', 'LowCardinality(String)', 'ZSTD(1)', spell(vocabulary.eventNames, 'event + 1')],
  ['insert_id', 'UUID', 'NONE', 'insert_id'],
  ...Object.entries(lowCardinality).map(
    ([name, words]) => [name, 'LowCardinality(String)', 'ZSTD(1)', spell(words, `${name}_code`)] as const,
  ),
  ['session_id', 'UInt64', 'ZSTD(1)', 'session_id'],
  ['url', 'String', 'ZSTD(3)', spell(vocabulary.urls, 'url_code')],
  ['duration_ms', 'UInt16', 'NONE', 'intDiv(duration_ms_hundredths, 100)'],
  ['amount', 'Decimal(9, 2)', 'ZSTD(1)', 'toDecimal64(greatest(amount_hundredths, 0), 2) / 100'],
  ['is_new', 'Bool', 'ZSTD(1)', 'is_new_code = 2'],
  ['build_number', 'UInt32', 'ZSTD(1)', 'intDiv(greatest(build_hundredths, 0), 100)'],
  ['build_text', 'LowCardinality(String)', 'ZSTD(1)', spell(vocabulary.buildNames, 'build_code')],
  ['items', 'Array(LowCardinality(String))', 'ZSTD(1)', spellLists(vocabulary.itemLists, 'items_code')],
]

export const tables = ['fast', 'tuned'] as const
export type Table = (typeof tables)[number]

function createTable(table: Table): string {
  const body = columns.map(([name, type, codec]) => `${name} ${type}${table === 'tuned' ? ` CODEC(${codec})` : ''}`)
  return `CREATE TABLE ${table} (${body.join(', ')}) ENGINE = MergeTree ORDER BY (project, user, time) SETTINGS min_bytes_for_wide_part = 0`
}

/** Statements that make `fast` from a file of `peer-file.ts`. */
export function loadStatements(file: string): string[] {
  return [
    'DROP TABLE IF EXISTS fast',
    createTable('fast'),
    `INSERT INTO fast SELECT ${columns.map(([, , , value]) => value).join(', ')} FROM file('${file}', Native) SETTINGS max_query_size = 100000000`,
    'OPTIMIZE TABLE fast FINAL',
  ]
}

/** Statements that make `tuned` from `fast`. */
export function tuneStatements(): string[] {
  return [
    'DROP TABLE IF EXISTS tuned',
    createTable('tuned'),
    'INSERT INTO tuned SELECT * FROM fast',
    'OPTIMIZE TABLE tuned FINAL',
  ]
}

/** Compressed bytes by column of `tuned`. */
export const sizesStatement =
  "SELECT column, sum(column_data_compressed_bytes) FROM system.parts_columns WHERE active AND table = 'tuned' GROUP BY column"
export const totalSizeStatement = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'tuned'"

/** Hands the rows of `fast` to DuckDB. */
export function exportStatement(file: string): string {
  const values = columns.slice(1).map(([name, type]) => {
    if (name === 'time') return 'toUnixTimestamp64Milli(time) AS time'
    if (name === 'insert_id') return 'toString(insert_id) AS insert_id'
    if (name === 'items') return "CAST(items, 'Array(String)') AS items"
    if (name === 'amount') return 'nullIf(toFloat64(amount), 0) AS amount'
    if (name === 'build_number') return 'nullIf(build_number, 0) AS build_number'
    return type === 'LowCardinality(String)' ? `nullIf(toString(${name}), '') AS ${name}` : name
  })
  return `INSERT INTO FUNCTION file('${file}', Parquet) SELECT ${values.join(', ')} FROM fast ORDER BY project, user, time SETTINGS max_threads = 1, output_format_parquet_compression_method = 'lz4', output_format_parquet_string_as_string = 1, engine_file_truncate_on_insert = 1`
}

/** The question in SQL; where several ways are plausible, all of them: the fastest counts. */
export function clickhouseSql(conditions: Conditions): string[] {
  return statements(conditions).map((sql) => `${sql} SETTINGS max_threads = 1, use_query_condition_cache = 0`)
}

function statements({ kind, from, to, filter }: Conditions): string[] {
  const has = filter === undefined ? '' : ` AND ${filter.property} = '${filter.value}'`
  const rows = (until: number, inclusive = false) =>
    `FROM fast WHERE project = '${workloadProject}' AND time >= ${moment(from)} AND time ${inclusive ? '<=' : '<'} ${moment(until)}${has}`
  const ms = 'toUnixTimestamp64Milli(time)'
  switch (kind) {
    case 'countByEvent':
      return [`SELECT event, count() ${rows(to)} GROUP BY event`]
    case 'countByDay':
      return [
        `SELECT toUInt16(intDiv(${ms}, ${dayMs})) AS day, count() ${rows(to)} GROUP BY day`,
        `SELECT toUInt16(toDate(time)) AS day, count() ${rows(to)} GROUP BY day`,
      ]
    case 'uniquesByEvent':
      return [
        `SELECT event, uniqExact(user) ${rows(to)} GROUP BY event`,
        `SELECT event, count() FROM (SELECT event, user ${rows(to)} GROUP BY user, event) GROUP BY event`,
      ]
    case 'funnel': {
      const [a, b, c] = steps.map((step) => `event = '${step}'`)
      const levels = `SELECT windowFunnel(${windowMs})(toUInt64(${ms}), ${a} AND time < ${moment(to)}, ${b}, ${c}) AS level ${rows(to + windowMs, true)} AND event IN ('${steps.join("', '")}')`
      return [`SELECT level, count() FROM (${levels} GROUP BY user) GROUP BY level`]
    }
    case 'retention': {
      const until = to + (retentionDays + 1) * dayMs
      const retained = Array.from({ length: retentionDays + 1 }, (_, i) => `countIf(bitShiftRight(mask, ${i}) != 0)`)
      const bit = (time: string, birth: string) =>
        `if(${time} > ${birth} AND ${time} < ${birth} + ${(retentionDays + 1) * dayMs}, bitShiftLeft(toUInt16(1), toUInt8(intDiv(${time} - ${birth}, ${dayMs}))), toUInt16(0))`
      const head = `SELECT toUInt16(intDiv(birth, ${dayMs})) AS day, count(), ${retained.join(', ')} FROM`
      return [
        `${head} (SELECT birth, groupBitOr(${bit('returned', 'birth')}) AS mask FROM (SELECT user AS born, min(${ms}) AS birth ${rows(to)} AND event = '${birthEvent}' GROUP BY user) AS births LEFT JOIN (SELECT user, ${ms} AS returned ${rows(until)} AND event = '${returnEvent}') AS returns ON returns.user = births.born GROUP BY born, birth) GROUP BY day`,
        `${head} (SELECT birth, arrayFold((sum, one) -> bitOr(sum, one), arrayMap(moment -> ${bit('moment', 'birth')}, times), toUInt16(0)) AS mask FROM (SELECT minIf(${ms}, event = '${birthEvent}' AND time < ${moment(to)}) AS birth, countIf(event = '${birthEvent}' AND time < ${moment(to)}) AS births, groupArrayIf(${ms}, event = '${returnEvent}') AS times ${rows(until)} AND event IN ('${birthEvent}', '${returnEvent}') GROUP BY user HAVING births > 0)) GROUP BY day`,
      ]
    }
  }
}

function moment(ms: number): string {
  return `fromUnixTimestamp64Milli(${ms}, 'UTC')`
}

/** Code 0 is the empty string, code i word i - 1. */
function spell(words: readonly string[], code: string): string {
  return `arrayElement(['', ${words.map((word) => `'${word}'`).join(', ')}], ${code} + 1)`
}

function spellLists(lists: readonly (readonly string[])[], code: string): string {
  return `arrayElement([[], ${lists.map((list) => `['${list.join("', '")}']`).join(', ')}], ${code} + 1)`
}

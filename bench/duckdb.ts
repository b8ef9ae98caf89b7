/**
 * DuckDB's side: its table, loaded from ClickHouse's Parquet file, and the questions in its SQL.
 *
 * Strings of few values are `ENUM`s, ids are integers, times are ms, missing is NULL; rows are written in the
 * order of (project, user, time), which gives it run-length columns and narrow zone maps.
 */
import { dayMs, workloadProject, workloadStart } from '../workload/shape.ts'
import { buildNames, eventNames } from '../workload/vocabulary.ts'
import { lowCardinality } from './clickhouse.ts'
import type { Conditions } from './questions.ts'
import { birthEvent, retentionDays, returnEvent, steps, windowMs } from './questions.ts'

export function loadStatements(file: string): string[] {
  const enums = { event: eventNames, ...lowCardinality, build_text: buildNames }
  const enumOf = (name: string) => `${name}::${name}_enum AS ${name}`
  const columns = [
    `'${workloadProject}' AS project, user, time, ${enumOf('event')}, insert_id::UUID AS insert_id`,
    ...Object.keys(lowCardinality).map(enumOf),
    'session_id, url, duration_ms::USMALLINT AS duration_ms, amount::DECIMAL(9, 2) AS amount, is_new::BOOL AS is_new',
    `build_number::UINTEGER AS build_number, ${enumOf('build_text')}, items`,
  ]
  return [
    ...Object.entries(enums).map(
      ([name, words]) => `CREATE TYPE ${name}_enum AS ENUM (${words.map((word) => `'${word}'`).join(', ')})`,
    ),
    `CREATE TABLE events AS SELECT ${columns.join(', ')} FROM read_parquet('${file}') ORDER BY project, user, time`,
    'CHECKPOINT',
  ]
}

/** Where each piece of a column lies: column, block, offset in the block, and further blocks. */
export const sizesStatement =
  "SELECT column_name, block_id, block_offset, len(additional_block_ids) FROM pragma_storage_info('events') WHERE persistent ORDER BY block_id, block_offset"
export const totalSizeStatement = 'SELECT block_size, used_blocks FROM pragma_database_size()'

export function duckdbSql({ kind, from, to, filter }: Conditions): string[] {
  const has = filter === undefined ? '' : ` AND ${filter.property} = '${filter.value}'`
  const rows = (until: number, inclusive = false) =>
    `FROM events WHERE project = '${workloadProject}' AND time >= ${from} AND time ${inclusive ? '<=' : '<'} ${until}${has}`
  switch (kind) {
    case 'countByEvent':
      return [`SELECT event, count(*) ${rows(to)} GROUP BY event`]
    case 'countByDay': {
      const first = workloadStart / dayMs
      const day = `((time - ${workloadStart}) // ${dayMs})::UTINYINT`
      return [`SELECT day + ${first}, count FROM (SELECT ${day} AS day, count(*) AS count ${rows(to)} GROUP BY day)`]
    }
    case 'uniquesByEvent':
      return [
        `SELECT event, count(DISTINCT user) ${rows(to)} GROUP BY event`,
        `SELECT event, count(*) FROM (SELECT DISTINCT event, user ${rows(to)}) GROUP BY event`,
      ]
    case 'funnel':
      return [funnel(rows(to + windowMs, true), to)]
    case 'retention': {
      const until = to + (retentionDays + 1) * dayMs
      const retained = Array.from({ length: retentionDays + 1 }, (_, i) => `count(*) FILTER (mask >> ${i} > 0)`)
      return [
        `WITH births AS (SELECT user, min(time) AS birth ${rows(to)} AND event = '${birthEvent}' GROUP BY user),
         returns AS (SELECT user, time ${rows(until)} AND event = '${returnEvent}'),
         masks AS (SELECT births.user, any_value(birth) AS birth, bit_or(CASE WHEN time > birth AND time < birth + ${(retentionDays + 1) * dayMs} THEN 1::UTINYINT << ((time - birth) // ${dayMs})::UTINYINT ELSE 0::UTINYINT END) AS mask
           FROM births LEFT JOIN returns ON returns.user = births.user GROUP BY births.user)
         SELECT birth // ${dayMs} AS day, count(*), ${retained.join(', ')} FROM masks GROUP BY day`,
      ]
    }
  }
}

/** Latest entry: for each event the latest first step that a chain up to it can start from. Ties count as in order. */
function funnel(rows: string, to: number): string {
  const [a, b, c] = steps.map((step) => `event = '${step}'`)
  const upTo = 'OVER (PARTITION BY user ORDER BY time RANGE UNBOUNDED PRECEDING)'
  return `WITH wanted AS (SELECT user, time, event ${rows} AND event IN ('${steps.join("', '")}')),
    first AS (SELECT *, max(CASE WHEN ${a} AND time < ${to} THEN time END) ${upTo} AS start1 FROM wanted),
    second AS (SELECT *, max(CASE WHEN ${b} AND time <= start1 + ${windowMs} THEN start1 END) ${upTo} AS start2 FROM first),
    levels AS (SELECT max(CASE WHEN ${c} AND time <= start2 + ${windowMs} THEN 3 WHEN ${b} AND time <= start1 + ${windowMs} THEN 2 WHEN ${a} AND time < ${to} THEN 1 ELSE 0 END) AS level FROM second GROUP BY user)
    SELECT level, count(*) FROM levels GROUP BY level`
}

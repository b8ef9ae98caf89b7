/**
 * Flags and environment of a role, validated by zod: one line per mistake, all of them at once.
 *
 * A flag is a key of a zod object in camelCase: `grpcPort` is `--grpc-port 7000` (or `--grpc-port=7000`) and
 * `ANABRANCH_GRPC_PORT`; the flag wins. The `.describe()` text is its help, `.default()` shows there.
 *
 * Does not: read the process's arguments or environment; they are passed in.
 */
import { z } from 'zod'

export type Flags = z.ZodObject<Record<string, z.ZodType>>

export class FlagError extends Error {
  override readonly name = 'FlagError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

export const flagName = (key: string) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
export const environmentName = (key: string) =>
  `ANABRANCH_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** Throws `FlagError` with a line per mistake. */
export function parseFlags<Schema extends Flags>(
  schema: Schema,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const keys = Object.keys(schema.shape)
  const mistakes: string[] = []
  const given = new Map<string, { text: string; from: string }>()
  for (const key of keys) {
    const text = environment[environmentName(key)]
    if (text !== undefined) given.set(key, { text, from: environmentName(key) })
  }
  for (const [key, text] of readArguments(keys, argv, mistakes)) given.set(key, { text, from: flagName(key) })
  const parsed = schema.safeParse(Object.fromEntries([...given].map(([key, { text }]) => [key, text])))
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0])
    const value = given.get(key)
    mistakes.push(
      value === undefined
        ? `${flagName(key)} is missing: ${describe(schema, key)}. Set it, or ${environmentName(key)}`
        : `${value.from}: got '${value.text}', want ${issue.message.replace(/^Invalid input: expected /, '')}: ${describe(schema, key)}`,
    )
  }
  if (mistakes.length > 0) throw new FlagError(mistakes)
  return parsed.data as z.infer<Schema>
}

function readArguments(keys: readonly string[], argv: readonly string[], mistakes: string[]): Map<string, string> {
  const values = new Map<string, string>()
  const keyOf = new Map(keys.map((key) => [flagName(key), key]))
  for (let index = 0; index < argv.length; index++) {
    const [name, inline] = split(argv[index]!)
    const key = keyOf.get(name)
    if (key === undefined) {
      mistakes.push(`${name}: no such flag; --help lists them`)
      if (inline === undefined && argv[index + 1]?.startsWith('--') === false) index++
      continue
    }
    const value = inline ?? argv[++index]
    if (value === undefined) mistakes.push(`${name}: a value is missing`)
    else if (values.has(key)) mistakes.push(`${name}: given twice`)
    else values.set(key, value)
  }
  return values
}

function split(argument: string): [string, string | undefined] {
  const at = argument.indexOf('=')
  return argument.startsWith('--') && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument, undefined]
}

function describe(schema: Flags, key: string): string {
  return schema.shape[key]?.description ?? ''
}

/** A whole number in a range, from text. */
export function whole(min: number, max: number) {
  return z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`)
}

/** Text that is not empty. */
export const text = () => z.string().min(1, 'some text')

/** `host:port`. */
export const address = () => z.string().regex(/^[^\s:/]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'host:port')

export const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, `one of ${names.join(', ')}`)

/** Lines of `--help` for a schema. */
export function flagHelp(schema: Flags): string[] {
  const rows = Object.entries(schema.shape).map(([key, type]) => {
    const fallback =
      type instanceof z.ZodDefault
        ? ` (default ${shown(type.def.defaultValue)})`
        : type.isOptional()
          ? ''
          : ' (required)'
    return [flagName(key), `${type.description ?? ''}${fallback}`, environmentName(key)] as const
  })
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, help, variable]) => `  ${name.padEnd(width)}  ${help}  [${variable}]`)
}

function shown(value: unknown): string {
  return value === '' ? 'empty' : String(value)
}

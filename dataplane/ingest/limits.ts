/**
 * Limits of one event, units last: part of the data model, the same for every project. The reasons,
 * and where they differ from the reference system, are in `docs/reference/events.md`.
 */
export const eventLimits = {
  /** Event names, property names, keys and string values are cut after so many code points. */
  textCodePointsMax: 255,
  /** Longer user ids are refused: cutting could make two users one. */
  distinctIdCodePointsMax: 255,
  insertIdBytesMax: 36,
  /** Without `time`, `distinct_id`, `$insert_id` and `token`. */
  propertiesMax: 255,
  /** Keys of one object, elements of one list. */
  entriesMax: 255,
  /** Lists and objects inside each other; a list of strings is 1 deep. */
  depthMax: 3,
  /** A property that is a list or an object, as compact JSON in UTF-8. */
  nestedBytesMax: 8 * 1024,
  /** The event after validation, as compact JSON in UTF-8. */
  eventBytesMax: 1024 * 1024,
  /** Numbers below it are seconds: 1971-01-01 in ms, which no second that is not in the far future reaches. */
  secondsBelow: 31_536_000_000,
  /** 1971-01-01T00:00:00Z. */
  timeMin: 31_536_000_000,
  /** How far `time` may lie ahead of now. */
  aheadMsMax: 3_600_000,
} as const

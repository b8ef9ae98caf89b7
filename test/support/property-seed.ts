/**
 * Property tests draw the same cases every time, so that a green run says something about the next one and a red one can
 * be repeated. `ANABRANCH_PROPERTY_SEED` draws others: any integer, or `random`.
 */
import fc from 'fast-check'

const wanted = process.env.ANABRANCH_PROPERTY_SEED ?? '1'
fc.configureGlobal(wanted === 'random' ? {} : { seed: Number(wanted) })

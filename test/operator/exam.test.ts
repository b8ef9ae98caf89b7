import { expect, test } from 'vitest'
import type { FunnelResult, RetentionResult, SegmentationResult } from '../../oracle/query.ts'
import { Exam } from './exam.ts'

test('exam: the answers -> say something in every part, and copies count once (DED-1)', () => {
  const exam = new Exam('p')
  expect(exam.draw(480)).toHaveLength(480)
  expect(exam.draw(20)).toHaveLength(21)
  const [segmentation, funnel, retention] = exam.questions().map(({ expected }) => expected) as [
    SegmentationResult,
    FunnelResult,
    RetentionResult,
  ]
  expect(exam.events).toBe(500)
  expect(segmentation.groups).toHaveLength(3)
  expect(Math.min(...segmentation.groups.flatMap(({ values }) => values.map((value) => value ?? 0)))).toBeGreaterThan(0)
  const users = funnel.steps.map((step) => step.users)
  expect(users).toEqual([...users].sort((a, b) => b - a))
  expect(users[2]).toBeGreaterThan(0)
  expect(users[2]).toBeLessThan(users[0]!)
  expect(retention.overall.retained.filter((count) => count > 0).length).toBeGreaterThan(4)
})

test('exam: more events -> another answer to each question, so none is right by saying nothing', () => {
  const exam = new Exam('p')
  exam.draw(300)
  const before = exam.questions().map(({ expected }) => JSON.stringify(expected))
  exam.draw(100)
  const after = exam.questions().map(({ expected }) => JSON.stringify(expected))
  for (const [index, answer] of after.entries()) expect(answer).not.toBe(before[index])
})

import { Alert, Stack, Text, Title } from '@mantine/core';
import type { CallbackTest } from '../api/shapes.js';
import { bodyText } from '../deliveries/body-text.js';
import { TimingLine } from '../deliveries/timing-line.js';
import { RequestLines } from './request-lines.js';

const RESULTS = {
  delivered: { title: 'Delivered', color: 'green' },
  retry: { title: 'Not delivered: a delivery would be retried', color: 'orange' },
  exhausted: { title: 'Not delivered: a delivery would be given up', color: 'red' },
  unrenderable: { title: 'There is no request to send', color: 'red' },
} as const;

/** What a test sent, what came back, and how long each step took. */
export function CallbackTestResult({ test }: { test: CallbackTest }) {
  const { title, color } = RESULTS[test.result];
  return (
    <Stack gap="xs" aria-live="polite">
      <Alert color={color} variant="light" title={title}>
        <Text size="sm" className="plain">
          {[test.httpStatus === null ? null : `HTTP ${test.httpStatus}`, test.error].filter(Boolean).join(' · ')}
        </Text>
        <TimingLine timing={test.timing} />
      </Alert>
      {test.request !== null && (
        <>
          <Title order={4} size="h6">
            Request
          </Title>
          <RequestLines
            first={`${test.request.method} ${test.request.url}`}
            headers={test.request.headers}
            body={bodyText(test.request.body)}
          />
        </>
      )}
      {test.response !== null && (
        <>
          <Title order={4} size="h6">
            Answer
          </Title>
          <RequestLines first={`HTTP ${test.httpStatus ?? ''}`} headers={test.response.headers} body={bodyText(test.response.body)} />
        </>
      )}
    </Stack>
  );
}

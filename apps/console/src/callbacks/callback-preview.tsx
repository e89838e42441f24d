import { Alert, Button, Group, Loader, Paper, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { asProblem } from '../api/api-problem.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { bodyOf, type CallbackValues } from './callback-values.js';
import { CallbackTestResult } from './callback-test-result.js';
import { usePreview, useSendTest } from './callback.queries.js';
import { RequestLines } from './request-lines.js';

interface CallbackPreviewProps {
  readonly offerId: number;
  readonly values: CallbackValues;
  /** The saved callback that is edited. */
  readonly callbackId: number | undefined;
  readonly isDirty: boolean;
  /** Complaints about fields, as the preview finds them. */
  readonly onComplaints: (complaints: readonly { path: string; message: string }[]) => void;
}

/** After this long without a key, in ms, the request is rendered anew. */
const QUIET_MS = 350;

/** The exact request, for a sample or a conversion of one's own, while it is written; and one sent for real. */
export function CallbackPreview({ offerId, values, callbackId, isDirty, onComplaints }: CallbackPreviewProps) {
  const [conversionId, setConversionId] = useState('');
  const [quiet] = useDebouncedValue(values, QUIET_MS);
  const [quietId] = useDebouncedValue(conversionId.trim(), QUIET_MS);
  const isComplete = quiet.url.trim() !== '' && quiet.affiliateId !== null;
  const { data, error, isFetching } = usePreview(offerId, isComplete ? bodyOf(quiet) : null, callbackId, quietId);
  const complaints = error === null ? undefined : asProblem(error).errors;
  useEffect(() => {
    if (isComplete) onComplaints((complaints ?? []).map(({ path, message }) => ({ path: path.replace(/^callback\./, ''), message })));
  }, [complaints, isComplete, onComplaints]);

  return (
    <Paper withBorder p="sm" component="section" aria-label="Preview">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={3} size="h5">
            Preview
          </Title>
          {isFetching && <Loader size="xs" aria-label="The preview is being made" />}
        </Group>
        <TextInput
          size="xs"
          label="For the conversion"
          description="Empty: a sample"
          placeholder="Id of a conversion"
          value={conversionId}
          onChange={({ currentTarget: { value } }) => setConversionId(value)}
          error={complaints?.find(({ path }) => path === 'conversionId')?.message}
        />
        {!isComplete ? (
          <Text size="sm" c="dimmed">
            Choose an affiliate and write a URL to see the request.
          </Text>
        ) : error !== null ? (
          <ProblemAlert problem={error} title="There is no request yet" shownPaths={(path) => path === 'conversionId'} />
        ) : data === undefined ? null : (
          <>
            <RequestLines first={`${data.method} ${data.url}`} headers={data.headers} body={data.body} />
            {data.warnings.map(({ path, message }) => (
              <Alert key={path} color="yellow" variant="light" p="xs">
                <b>{path}</b> {message}
              </Alert>
            ))}
          </>
        )}
        <SendTest offerId={offerId} callbackId={callbackId} isDirty={isDirty} conversionId={conversionId.trim()} />
      </Stack>
    </Paper>
  );
}

interface SendTestProps {
  readonly offerId: number;
  readonly callbackId: number | undefined;
  readonly isDirty: boolean;
  readonly conversionId: string;
}

/** A test sends what is saved, so that what was tested is what will be delivered. */
function SendTest({ offerId, callbackId, isDirty, conversionId }: SendTestProps) {
  const test = useSendTest(offerId, callbackId ?? 0);
  const isSaved = callbackId !== undefined && !isDirty;
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Button size="xs" variant="default" disabled={!isSaved} loading={test.isPending} onClick={() => test.mutate(conversionId)}>
          Send test
        </Button>
        <Text size="xs" c="dimmed">
          {isSaved ? 'One real request now; it counts nowhere.' : 'Save first: a test sends what is saved.'}
        </Text>
      </Group>
      <ProblemAlert problem={test.error} title="No test was sent" />
      {test.data !== undefined && <CallbackTestResult test={test.data} />}
    </Stack>
  );
}

import { Badge, Button, Card, Collapse, CopyButton, Group, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { DeliveryAttempt } from '../api/shapes.js';
import { RequestLines } from '../callbacks/request-lines.js';
import { Moment } from '../page/moment.js';
import { PlainText } from '../page/plain-text.js';
import { bodyText } from './body-text.js';
import { TimingLine } from './timing-line.js';

/** One request and its answer, as they went over the wire, secrets masked. */
export function AttemptCard({ attempt, startsOpen }: { attempt: DeliveryAttempt; startsOpen: boolean }) {
  const [opened, { toggle }] = useDisclosure(startsOpen);
  const { number, startedAt, durationMs, httpStatus, error, timing, request, response } = attempt;
  return (
    <Card withBorder p="sm" component="article" aria-label={`Attempt ${number}`}>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={3} size="h6">
            Attempt {number}
          </Title>
          <Badge color={httpStatus !== null && httpStatus >= 200 && httpStatus < 300 ? 'green' : 'red'} variant="light" radius="sm">
            {httpStatus === null ? 'No answer' : `HTTP ${httpStatus}`}
          </Badge>
          <Moment at={startedAt} />
          <Text size="sm" className="figures">
            {durationMs.toFixed(0)} ms
          </Text>
        </Group>
        <Group gap="xs">
          {request !== null && request.curl !== null && (
            <CopyButton value={request.curl}>
              {({ copied, copy }) => (
                <Button size="xs" variant="default" onClick={copy} aria-label={`${copied ? 'Copied' : 'Copy as curl'}: attempt ${number}`}>
                  {copied ? 'Copied' : 'Copy as curl'}
                </Button>
              )}
            </CopyButton>
          )}
          <Button
            size="xs"
            variant="subtle"
            onClick={toggle}
            aria-expanded={opened}
            aria-label={`${opened ? 'Hide' : 'Show'} request and answer of attempt ${number}`}
          >
            {opened ? 'Hide' : 'Show'}
          </Button>
        </Group>
      </Group>
      {error !== null && <PlainText text={error} lines={4} mt={4} />}
      <Collapse expanded={opened}>
        <TimingLine timing={timing} />
        <Stack gap="xs" mt="sm">
          {request === null ? (
            <Text size="sm">The request could not be stored.</Text>
          ) : (
            <>
              <Title order={4} size="h6">
                Request
              </Title>
              <RequestLines first={`${request.method} ${request.url}`} headers={request.headers} body={bodyText(request.body)} />
            </>
          )}
          {response !== null && (
            <>
              <Title order={4} size="h6">
                Answer
              </Title>
              <RequestLines first={`HTTP ${httpStatus ?? ''}`} headers={response.headers} body={bodyText(response.body)} />
            </>
          )}
        </Stack>
      </Collapse>
    </Card>
  );
}

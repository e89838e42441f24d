import { Alert, Button, Group, List, Text } from '@mantine/core';
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle';
import { asProblem } from '../api/api-problem.js';

interface ProblemAlertProps {
  /** Nothing is shown for null. */
  readonly problem: unknown;
  readonly title?: string;
  readonly onRetry?: () => void;
  /** Paths that are shown under their own fields, and so not here. */
  readonly shownPaths?: (path: string) => boolean;
}

/** What went wrong, and what to do about it. */
export function ProblemAlert({ problem, title = 'That did not work', onRetry, shownPaths = () => false }: ProblemAlertProps) {
  if (problem === null || problem === undefined) return null;
  const { message, remedy, errors, requestId } = asProblem(problem);
  const others = errors.filter(({ path }) => !shownPaths(path));
  // Then the message says no more than its field does.
  const isUnderFields = errors.length > 0 && others.length === 0;
  return (
    <Alert color="red" variant="light" title={title} icon={<IconAlertTriangle />} role="alert">
      <Text size="sm" className="plain">
        {isUnderFields ? '' : sentence(message)} {remedy}
      </Text>
      {others.length > 0 && (
        <List size="sm" mt="xs">
          {others.map(({ path, message: complaint }) => (
            <List.Item key={path} className="plain">
              <b>{path}</b> {complaint}
            </List.Item>
          ))}
        </List>
      )}
      {(onRetry !== undefined || requestId !== undefined) && (
        <Group mt="xs" gap="sm">
          {onRetry !== undefined && (
            <Button size="xs" variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
          {requestId !== undefined && (
            <Text size="xs" c="dimmed">
              Request {requestId}
            </Text>
          )}
        </Group>
      )}
    </Alert>
  );
}

/** @returns the text with a capital letter and a full stop. */
function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

import { Alert, Button, Group, List, Text } from '@mantine/core';
import { convertForeignUrl } from './foreign-macros.js';

/** Offers to turn the macros of another platform into ours, and lists what has no match. */
export function ForeignUrlOffer({ url, onConvert }: { url: string; onConvert: (url: string) => void }) {
  const candidates = convertForeignUrl(url);
  const [first] = candidates;
  if (first === undefined) return null;
  return (
    <Alert
      color="blue"
      variant="light"
      title={`This URL looks like one of ${candidates.map(({ platform }) => platform).join(' or ')}`}
      role="status"
    >
      {first.replaced.length > 0 && (
        <Text size="sm" className="plain">
          {first.replaced.map(({ from, to }) => `${from} → ${to}`).join(', ')}
        </Text>
      )}
      {first.unmatched.length > 0 && (
        <>
          <Text size="sm" mt={4}>
            Without a match here:
          </Text>
          <List size="sm">
            {first.unmatched.map((macro) => (
              <List.Item key={macro} className="plain">
                <code>{macro}</code>
              </List.Item>
            ))}
          </List>
        </>
      )}
      <Group gap="xs" mt="xs">
        {candidates
          .filter(({ replaced }) => replaced.length > 0)
          .map(({ platform, url: converted }) => (
            <Button key={platform} size="xs" variant="default" onClick={() => onConvert(converted)}>
              Convert from {platform}
            </Button>
          ))}
      </Group>
    </Alert>
  );
}

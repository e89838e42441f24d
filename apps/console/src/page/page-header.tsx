import { Group, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

interface PageHeaderProps {
  readonly title: string;
  readonly detail?: ReactNode;
  /** What one does here, at the right. */
  readonly actions?: ReactNode;
}

/** The page's one heading, which is also the document's title. */
export function PageHeader({ title, detail, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Ringback`;
  }, [title]);
  return (
    <Group justify="space-between" align="flex-start" mb="md" wrap="wrap" gap="sm">
      <div className="shrinks">
        <Title order={1} size="h3" className="plain" lineClamp={2}>
          {title}
        </Title>
        {detail !== undefined && (
          <Text size="sm" c="dimmed" component="div">
            {detail}
          </Text>
        )}
      </div>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}

import { Sparkline } from '@mantine/charts';
import { Box, Group, Stack, Text } from '@mantine/core';
import type { Statistics } from '../api/shapes.js';

/** The last 24 hours of one callback: how many succeeded hour by hour, and which share. */
export function CallbackHealth({ group }: { group: Statistics['groups'][number] | undefined }) {
  if (group === undefined || group.totals.attempts === 0)
    return (
      <Text size="xs" c="dimmed">
        No requests
      </Text>
    );
  const { totals, series } = group;
  const share = (totals.attempts - totals.failedAttempts) / totals.attempts;
  return (
    <Stack gap={0}>
      {/* A picture of what stands below it; the chart would take the focus for a keyboard that has nothing to do there. */}
      <Box inert aria-hidden>
        <Sparkline
          w={90}
          h={22}
          data={series.map(({ attempts, failedAttempts }) => attempts - failedAttempts)}
          color={share < 0.5 ? 'red.6' : share < 0.95 ? 'orange.6' : 'green.6'}
          fillOpacity={0.3}
          strokeWidth={1.5}
          curveType="linear"
          areaProps={{ isAnimationActive: false }}
        />
      </Box>
      <Group gap={4} wrap="nowrap">
        <Text size="xs" className="figures">
          {(100 * share).toFixed(share === 1 || share === 0 ? 0 : 1)} % of {totals.attempts.toLocaleString('en')}
        </Text>
      </Group>
    </Stack>
  );
}

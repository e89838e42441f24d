import { Group, Text } from '@mantine/core';
import type { DeliveryAttempt } from '../api/shapes.js';

/** How long each step of a request took; what did not happen is left out. */
export function TimingLine({ timing }: { timing: DeliveryAttempt['timing'] }) {
  if (timing === null) return null;
  const steps = [
    ['DNS', timing.dnsMs],
    ['Connect', timing.connectMs],
    ['TLS', timing.tlsMs],
    ['First byte', timing.firstByteMs],
    ['In all', timing.totalMs],
  ] as const;
  return (
    <Group gap="sm" mt={4}>
      {steps.map(([step, ms]) =>
        ms === null ? null : (
          <Text key={step} size="xs" className="figures">
            {step} {ms.toFixed(1)} ms
          </Text>
        ),
      )}
    </Group>
  );
}

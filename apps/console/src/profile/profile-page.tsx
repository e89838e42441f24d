import {
  Button,
  Card,
  DataList,
  Group,
  SegmentedControl,
  Stack,
  Text,
  Title,
  useMantineColorScheme,
  type MantineColorScheme,
} from '@mantine/core';
import { isOffered } from '../api/offered.js';
import { Moment } from '../page/moment.js';
import { PageHeader } from '../page/page-header.js';
import { signOut } from '../session/keep-session.js';
import { session } from '../session/session.js';
import { ChangePassword } from './change-password.js';
import { ZoneSelect } from '../shell/zone-select.js';
import { offsetOf, useZone } from '../shell/zone.js';

/** Who is signed in, and how the console looks to them in this browser. */
export function ProfilePage() {
  const zone = useZone();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <PageHeader title="Profile" />
      <Stack maw={560}>
        <Card withBorder p="md">
          <Title order={2} size="h4" mb="sm">
            Session
          </Title>
          <DataList labelWidth={140} size="sm">
            <DataList.Item>
              <DataList.ItemLabel>Signed in as</DataList.ItemLabel>
              <DataList.ItemValue className="plain">{session.email}</DataList.ItemValue>
            </DataList.Item>
            <DataList.Item>
              <DataList.ItemLabel>Until</DataList.ItemLabel>
              <DataList.ItemValue>
                <Moment at={session.expiresAt} />
              </DataList.ItemValue>
            </DataList.Item>
          </DataList>
          <Group mt="md">
            <Button variant="default" onClick={() => signOut()}>
              Sign out
            </Button>
          </Group>
        </Card>
        {isOffered('/v1/auth/password') && <ChangePassword />}
        <Card withBorder p="md">
          <Title order={2} size="h4" mb="sm">
            In this browser
          </Title>
          <Stack>
            <ZoneSelect label="Time zone" description={`Every time is shown in it; now UTC${offsetOf(zone)}`} />
            <div>
              <Text size="sm" fw={500} mb={4} id="colours">
                Colours
              </Text>
              <SegmentedControl
                aria-labelledby="colours"
                data={[
                  { value: 'auto', label: 'As the system' },
                  { value: 'light', label: 'Light' },
                  { value: 'dark', label: 'Dark' },
                ]}
                value={colorScheme}
                onChange={(value) => setColorScheme(value as MantineColorScheme)}
              />
            </div>
          </Stack>
        </Card>
      </Stack>
    </>
  );
}

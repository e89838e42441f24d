import { Center, Group, Image, Paper, Stack, Text, Title } from '@mantine/core';
import { SignInForm } from './sign-in-form.js';

export function SignInPage() {
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w="100%" maw={380}>
        <Group gap="sm">
          <Image src="/icon.svg" alt="" w={36} h={36} />
          <div>
            <Title order={1} size="h3">
              Ringback
            </Title>
            <Text size="sm" c="dimmed">
              Callbacks that arrive
            </Text>
          </div>
        </Group>
        <Paper withBorder shadow="sm" p="lg">
          <SignInForm email="" />
        </Paper>
      </Stack>
    </Center>
  );
}

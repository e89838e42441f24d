import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { openApi } from '../api/client.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';

/** Where links of invitations and password resets lead: `/invitation/<token>`, `/password-reset/<token>`. */
export const ONE_TIME_LINK = /^\/(invitation|password-reset)\/([^/]+)$/;

interface SetPasswordPageProps {
  readonly purpose: string;
  readonly token: string;
}

/** Sets a password by a one-time link; afterwards one signs in with it. */
export function SetPasswordPage({ purpose, token }: SetPasswordPageProps) {
  const form = useForm({
    initialValues: { password: '', again: '' },
    validate: { again: (again, { password }) => (again === password ? null : 'The two are not the same') },
  });
  const route = purpose === 'invitation' ? '/v1/auth/invitations/{token}' : '/v1/auth/password-resets/{token}';
  const set = useMutation({
    mutationFn: ({ password }: { password: string }) => answered(openApi.POST(route, { params: { path: { token } }, body: { password } })),
    onSuccess: () => window.location.assign('/'),
    onError: (problem) => showFieldProblems(form, problem),
  });
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder shadow="sm" p="lg" w="100%" maw={400}>
        <form onSubmit={form.onSubmit(({ password }) => set.mutate({ password }))} noValidate>
          <Stack>
            <Title order={1} size="h3">
              Set your password
            </Title>
            <Text size="sm">At least 15 characters; several words do well.</Text>
            <ProblemAlert problem={set.error} title="It is not set" shownPaths={(path) => path === 'password'} />
            <PasswordInput label="New password" autoComplete="new-password" {...form.getInputProps('password')} />
            <PasswordInput label="Once more" autoComplete="new-password" {...form.getInputProps('again')} />
            <Button type="submit" loading={set.isPending}>
              Set it
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}

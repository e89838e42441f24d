import { Button, Card, Group, PasswordInput, Stack, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { tellDone } from '../page/tell.js';

export function ChangePassword() {
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '' },
    validate: { currentPassword: (value) => (value === '' ? 'Enter the password that you have now' : null) },
  });
  const change = useMutation({
    mutationFn: (body: { currentPassword: string; newPassword: string }) => answered(api.PUT('/v1/auth/password', { body })),
    onSuccess: () => {
      form.reset();
      tellDone('Your password is changed.');
    },
    onError: (problem) => showFieldProblems(form, problem),
  });
  return (
    <Card withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        Password
      </Title>
      <form onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
        <Stack>
          <ProblemAlert problem={change.error} title="It is not changed" shownPaths={(path) => path in form.values} />
          <PasswordInput label="Current password" autoComplete="current-password" {...form.getInputProps('currentPassword')} />
          <PasswordInput
            label="New password"
            description="At least 15 characters; several words do well"
            autoComplete="new-password"
            {...form.getInputProps('newPassword')}
          />
          <Group>
            <Button type="submit" loading={change.isPending}>
              Change it
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

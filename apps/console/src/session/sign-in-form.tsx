import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { openApi } from '../api/client.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { session } from './session.js';

/** Email and password. Signing in ends every wait for a session. */
export function SignInForm({ email, focus = 'email' }: { email: string; focus?: 'email' | 'password' }) {
  const form = useForm({
    initialValues: { email, password: '' },
    validate: {
      email: (value) => (value.trim() === '' ? 'Enter your email address' : null),
      password: (value) => (value === '' ? 'Enter your password' : null),
    },
  });
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) => answered(openApi.POST('/v1/auth/sessions', { body })),
    onSuccess: (issued, body) => session.begin(issued, body.email),
  });
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate({ ...values, email: values.email.trim() }))} noValidate>
      <Stack>
        <ProblemAlert problem={signIn.error} title="Not signed in" />
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          data-autofocus={focus === 'email' ? true : undefined}
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          data-autofocus={focus === 'password' ? true : undefined}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

import { Fieldset, Group, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import type { CallbackForm } from './callback-form.js';

const KEPT = 'Set. Leave it empty to keep it.';

/** A token, or a login and a password. */
export function BasicAuthFields({ form }: { form: CallbackForm }) {
  const { kind, isSet } = form.values.auth;
  return (
    <Fieldset legend="Basic Auth" p="sm">
      <SegmentedControl
        aria-label="Kind of Basic Auth"
        size="xs"
        data={[
          { value: 'none', label: 'None' },
          { value: 'token', label: 'Token' },
          { value: 'login', label: 'Login and password' },
        ]}
        value={kind}
        onChange={(value) => form.setFieldValue('auth', { kind: value as typeof kind, token: '', login: '', password: '', isSet: false })}
      />
      {kind === 'token' && (
        <PasswordInput
          mt="xs"
          label="Token"
          description="Sent as given after “Basic ”. A bearer token goes in a request header."
          placeholder={isSet ? KEPT : ''}
          autoComplete="off"
          {...form.getInputProps('auth.token')}
        />
      )}
      {kind === 'login' && (
        <Group mt="xs" grow align="flex-start">
          <TextInput label="Login" autoComplete="off" maxLength={255} {...form.getInputProps('auth.login')} />
          <PasswordInput
            label="Password"
            autoComplete="new-password"
            placeholder={isSet ? KEPT : ''}
            {...form.getInputProps('auth.password')}
          />
        </Group>
      )}
    </Fieldset>
  );
}

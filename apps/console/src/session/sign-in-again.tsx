import { Button, Modal, Stack, Text } from '@mantine/core';
import { signOut } from './keep-session.js';
import { session, useSessionState } from './session.js';
import { SignInForm } from './sign-in-form.js';

/** Stands above whatever was being done when the session ended; behind it nothing is touched. */
export function SignInAgain() {
  const ended = useSessionState() === 'ended';
  return (
    <Modal
      opened={ended}
      onClose={() => undefined}
      title="Sign in again"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      zIndex={1000}
      size="sm"
    >
      <Stack>
        <Text size="sm">Your session has ended. Everything you typed is still here; once you are signed in, the request is repeated.</Text>
        <SignInForm email={session.email} focus="password" />
        <Button variant="subtle" color="gray" onClick={() => signOut()}>
          Sign out and discard it
        </Button>
      </Stack>
    </Modal>
  );
}

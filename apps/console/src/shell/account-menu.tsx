import { Avatar, Menu, UnstyledButton } from '@mantine/core';
import IconUser from '@tabler/icons-react/icons/IconUser';
import { Link } from 'react-router';
import { signOut } from '../session/keep-session.js';
import { session } from '../session/session.js';

export function AccountMenu() {
  const { email } = session;
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton aria-label={`Account of ${email}`}>
          <Avatar size={34} radius="xl" color="ring" variant="light" alt="">
            <IconUser size={18} />
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="plain">{email}</Menu.Label>
        <Menu.Item component={Link} to="/profile">
          Profile
        </Menu.Item>
        <Menu.Item onClick={() => signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

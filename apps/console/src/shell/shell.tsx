import { Anchor, AppShell, Burger, Group, Image, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { Outlet, useLocation } from 'react-router';
import { AccountMenu } from './account-menu.js';
import { ColourSchemeSwitch } from './colour-scheme-switch.js';
import { Navigation } from './navigation.js';
import { ZoneNote } from './zone-note.js';

/** What stands around every screen. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  // A new screen is told to those who do not see it: the focus goes to its beginning. Tabs of one screen keep it.
  useEffect(() => {
    if (screenOf(before.current) !== screenOf(pathname)) main.current?.focus({ preventScroll: true });
    before.current = pathname;
  }, [pathname]);

  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <Anchor href="#main" className="skip-link">
        Skip to the content
      </Anchor>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="md" size="sm" aria-label="Navigation" aria-expanded={opened} />
            <Image src="/icon.svg" alt="" w={26} h={26} />
            <Text fw={700}>Ringback</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ZoneNote />
            <ColourSchemeSwitch />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main">
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1} style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** `/offers/7/goals` and `/offers/7/callbacks` are one screen. */
function screenOf(pathname: string): string {
  return pathname.split('/').slice(0, 3).join('/');
}

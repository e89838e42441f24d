import { NavLink as NavItem } from '@mantine/core';
import IconArrowsExchange from '@tabler/icons-react/icons/IconArrowsExchange';
import IconHourglass from '@tabler/icons-react/icons/IconHourglass';
import IconSend from '@tabler/icons-react/icons/IconSend';
import IconSpeakerphone from '@tabler/icons-react/icons/IconSpeakerphone';
import IconUsers from '@tabler/icons-react/icons/IconUsers';
import { NavLink, useLocation } from 'react-router';

const SCREENS = [
  { to: '/offers', label: 'Offers', Icon: IconSpeakerphone },
  { to: '/conversions', label: 'Conversions', Icon: IconArrowsExchange },
  { to: '/deliveries', label: 'Deliveries', Icon: IconSend },
  { to: '/waiting', label: 'Waiting', Icon: IconHourglass },
  { to: '/affiliates', label: 'Affiliates', Icon: IconUsers },
] as const;

export function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const { pathname } = useLocation();
  return SCREENS.map(({ to, label, Icon }) => (
    <NavItem
      key={to}
      component={NavLink}
      to={to}
      label={label}
      leftSection={<Icon size={18} aria-hidden />}
      active={pathname === to || pathname.startsWith(`${to}/`)}
      onClick={onNavigate}
    />
  ));
}

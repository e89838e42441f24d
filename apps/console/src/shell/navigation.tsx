import { NavLink as NavItem } from '@mantine/core';
import IconArrowsExchange from '@tabler/icons-react/icons/IconArrowsExchange';
import IconChartBar from '@tabler/icons-react/icons/IconChartBar';
import IconHistory from '@tabler/icons-react/icons/IconHistory';
import IconHourglass from '@tabler/icons-react/icons/IconHourglass';
import IconKey from '@tabler/icons-react/icons/IconKey';
import IconMailX from '@tabler/icons-react/icons/IconMailX';
import IconRepeat from '@tabler/icons-react/icons/IconRepeat';
import IconSend from '@tabler/icons-react/icons/IconSend';
import IconSpeakerphone from '@tabler/icons-react/icons/IconSpeakerphone';
import IconUserCog from '@tabler/icons-react/icons/IconUserCog';
import IconUsers from '@tabler/icons-react/icons/IconUsers';
import { NavLink, useLocation } from 'react-router';
import { isOffered } from '../api/offered.js';

const SCREENS = [
  ...(isOffered('/v1/stats/deliveries') ? [{ to: '/dashboard', label: 'Dashboard', Icon: IconChartBar }] : []),
  { to: '/offers', label: 'Offers', Icon: IconSpeakerphone },
  { to: '/conversions', label: 'Conversions', Icon: IconArrowsExchange },
  { to: '/deliveries', label: 'Deliveries', Icon: IconSend },
  ...(isOffered('/v1/redeliveries') ? [{ to: '/redeliveries', label: 'Redeliveries', Icon: IconRepeat }] : []),
  { to: '/waiting', label: 'Waiting', Icon: IconHourglass },
  ...(isOffered('/v1/dead-letters') ? [{ to: '/dead-letters', label: 'Dead letters', Icon: IconMailX }] : []),
  { to: '/affiliates', label: 'Affiliates', Icon: IconUsers },
  ...(isOffered('/v1/users') ? [{ to: '/users', label: 'Users', Icon: IconUserCog }] : []),
  ...(isOffered('/v1/api-keys') ? [{ to: '/api-keys', label: 'API keys', Icon: IconKey }] : []),
  ...(isOffered('/v1/audit-log') ? [{ to: '/audit-log', label: 'Audit log', Icon: IconHistory }] : []),
];

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

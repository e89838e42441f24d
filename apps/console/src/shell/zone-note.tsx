import { Anchor, Tooltip } from '@mantine/core';
import { Link } from 'react-router';
import { offsetOf, useZone } from './zone.js';

/** Says in which zone every time on the page is. */
export function ZoneNote() {
  const zone = useZone();
  return (
    <Tooltip label="Times are shown in this zone: choose another in your profile">
      <Anchor component={Link} to="/profile" size="sm" visibleFrom="xs" className="figures">
        {zone} (UTC{offsetOf(zone)})
      </Anchor>
    </Tooltip>
  );
}

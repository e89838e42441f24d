import { Select, type SelectProps } from '@mantine/core';
import { chooseZone, useZone, zones } from './zone.js';

/** The zone in which every time is shown. */
export function ZoneSelect(props: SelectProps) {
  const zone = useZone();
  return (
    <Select
      {...props}
      data={zones()}
      searchable
      allowDeselect={false}
      value={zone}
      onChange={(value) => value !== null && chooseZone(value)}
      limit={100}
      nothingFoundMessage="No zone is called so"
    />
  );
}

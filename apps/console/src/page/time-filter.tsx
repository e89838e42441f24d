import '@mantine/dates/styles.css';
import { DateTimePicker } from '@mantine/dates';
import { formatMoment, momentIn, useZone } from '../shell/zone.js';

interface TimeFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | null) => void;
}

/** A moment, chosen on a clock of the zone that is shown. */
export function TimeFilter({ label, value, onChange }: TimeFilterProps) {
  const zone = useZone();
  return (
    <DateTimePicker
      label={label}
      placeholder="Any time"
      valueFormat="YYYY-MM-DD HH:mm"
      clearable
      w={190}
      size="sm"
      clearButtonProps={{ 'aria-label': `${label}: any time` }}
      timePickerProps={{ hoursInputLabel: 'Hours', minutesInputLabel: 'Minutes' }}
      submitButtonProps={{ 'aria-label': 'Use this time' }}
      value={value === undefined ? null : formatMoment(value, zone)}
      onChange={(wallClock) => onChange(wallClock === null ? null : momentIn(zone, wallClock))}
    />
  );
}

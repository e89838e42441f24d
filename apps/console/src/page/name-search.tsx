import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import IconSearch from '@tabler/icons-react/icons/IconSearch';
import { useState } from 'react';

interface NameSearchProps {
  /** What is searched, in the plural. */
  readonly what: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | null) => void;
}

/** After this long without a key, in ms, the list is asked for. */
const QUIET_MS = 300;

/** Searches a list by name while it is typed. */
export function NameSearch({ what, value = '', onChange }: NameSearchProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const [sent, setSent] = useState<string | null>(null);
  const changeSoon = useDebouncedCallback((text: string) => {
    setSent(text);
    onChange(text === '' ? null : text);
  }, QUIET_MS);
  // The address changed: as it was asked to, and more may have been typed since; or by other means, such as going back or clearing.
  if (known !== value) {
    setKnown(value);
    if (value === sent) setSent(null);
    else setTyped(value);
  }
  return (
    <TextInput
      aria-label={`Search ${what} by name`}
      placeholder="Search by name"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      onChange={({ currentTarget: { value: text } }) => {
        setTyped(text);
        changeSoon(text);
      }}
      w={{ base: '100%', xs: 280 }}
    />
  );
}

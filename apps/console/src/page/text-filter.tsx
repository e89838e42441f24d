import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';

interface TextFilterProps extends Omit<TextInputProps, 'value' | 'onChange'> {
  readonly value: string | undefined;
  readonly onChange: (value: string | null) => void;
  /** @returns what is wrong with it, or null. */
  readonly check?: (value: string) => string | null;
}

/** A filter that is typed: it holds from Enter, or from when the field is left. */
export function TextFilter({ value = '', onChange, check = () => null, ...rest }: TextFilterProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  // The address changed by other means: going back, clearing.
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  const text = typed.trim();
  const fault = text === '' ? null : check(text);
  const apply = () => {
    if (fault === null && text !== value) onChange(text === '' ? null : text);
  };
  return (
    <TextInput
      {...rest}
      value={typed}
      error={fault}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={apply}
      onKeyDown={({ key }) => {
        if (key === 'Enter') apply();
      }}
    />
  );
}

export function checkId(text: string): string | null {
  return /^[1-9]\d{0,9}$/.test(text) ? null : 'An ID is a number';
}

export function checkUuid(text: string): string | null {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? null : 'Give the whole id, such as 01941f29-7c00-…';
}

import { ActionIcon, Combobox, Textarea, useCombobox, type TextareaProps } from '@mantine/core';
import IconBraces from '@tabler/icons-react/icons/IconBraces';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { Macro } from '../api/shapes.js';
import { useMacros } from './callback.queries.js';
import { MacroOptions } from './macro-options.js';
import { completeMacro, insertMacro, openMacroAt } from './open-macro.js';

interface MacroInputProps extends Omit<TextareaProps, 'onChange' | 'value'> {
  readonly value?: string;
  readonly onChange?: (value: string) => void;
  /** What the button that opens the picker is called. */
  readonly pickerLabel: string;
}

/** Text that may hold macros: they are offered while one is typed after `{`, and picked with the button beside. One line, wrapped. */
export function MacroInput({ value = '', onChange, onPaste, pickerLabel, ...rest }: MacroInputProps) {
  const { data } = useMacros();
  const input = useRef<HTMLTextAreaElement>(null);
  const [mode, setMode] = useState<'typing' | 'picking'>('typing');
  const [search, setSearch] = useState('');
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const macros = matching(data?.items ?? [], search);

  const offer = (text: string, cursor: number) => {
    const open = openMacroAt(text, cursor);
    setMode('typing');
    setSearch(open?.typed ?? '');
    if (open !== null && matching(data?.items ?? [], open.typed).length > 0) {
      combobox.openDropdown();
      combobox.updateSelectedOptionIndex();
      // After the options of the new search are there.
      requestAnimationFrame(() => combobox.selectFirstOption());
    } else combobox.closeDropdown();
  };
  const choose = (name: string) => {
    const node = input.current!;
    const { selectionStart, selectionEnd } = node;
    const open = mode === 'typing' ? openMacroAt(value, selectionStart) : null;
    const next = open === null ? insertMacro(value, selectionStart, selectionEnd, name) : completeMacro(value, selectionStart, open, name);
    onChange?.(next.text);
    combobox.closeDropdown();
    node.focus();
    // React writes the new value first.
    requestAnimationFrame(() => node.setSelectionRange(next.cursor, next.cursor));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape' && combobox.dropdownOpened) {
      // Closes the list, not the dialog around it.
      event.stopPropagation();
      event.nativeEvent.stopImmediatePropagation();
      combobox.closeDropdown();
    } else if (event.key === 'Tab' && combobox.dropdownOpened) combobox.closeDropdown();
    // A URL has one line.
    else if (event.key === 'Enter' && !combobox.dropdownOpened) event.preventDefault();
  };

  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal position="bottom-start">
      <Combobox.Target>
        <Textarea
          {...rest}
          ref={input}
          autosize
          minRows={1}
          maxRows={8}
          value={value}
          maxLength={4096}
          spellCheck={false}
          autoCapitalize="off"
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', overflowWrap: 'anywhere' } }}
          onPaste={onPaste}
          onChange={({ currentTarget }) => {
            const text = currentTarget.value.replace(/[\r\n]+/g, '');
            onChange?.(text);
            offer(text, currentTarget.selectionStart);
          }}
          onKeyDown={onKeyDown}
          onBlur={(event) => {
            if (event.relatedTarget !== combobox.searchRef.current) combobox.closeDropdown();
            rest.onBlur?.(event);
          }}
          rightSection={
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={pickerLabel}
              aria-haspopup="listbox"
              title={pickerLabel}
              // The cursor stays where the macro goes.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => {
                setMode('picking');
                setSearch('');
                combobox.openDropdown();
                combobox.focusSearchInput();
                requestAnimationFrame(() => combobox.selectFirstOption());
              }}
            >
              <IconBraces size={16} />
            </ActionIcon>
          }
        />
      </Combobox.Target>
      <MacroOptions
        macros={macros}
        onSearch={
          mode === 'picking'
            ? (text) => {
                setSearch(text);
                combobox.updateSelectedOptionIndex();
                requestAnimationFrame(() => combobox.selectFirstOption());
              }
            : null
        }
        search={search}
        onSearchLeft={(isDone) => {
          combobox.closeDropdown();
          if (isDone) input.current?.focus();
        }}
      />
    </Combobox>
  );
}

/** By name first, then by meaning. */
function matching(macros: readonly Macro[], search: string): Macro[] {
  const wanted = search.toLowerCase();
  const byName = macros.filter(({ name }) => name.includes(wanted)).toSorted((a, b) => rank(a.name, wanted) - rank(b.name, wanted));
  const byMeaning = macros.filter(({ name, meaning }) => !name.includes(wanted) && meaning.toLowerCase().includes(wanted));
  return [...byName, ...byMeaning];
}

const rank = (name: string, wanted: string) => (name.startsWith(wanted) ? 0 : 1);

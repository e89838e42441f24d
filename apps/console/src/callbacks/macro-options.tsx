import { Badge, Combobox, Group, ScrollArea, Text } from '@mantine/core';
import type { Macro } from '../api/shapes.js';

interface MacroOptionsProps {
  readonly macros: readonly Macro[];
  readonly search: string;
  /** Null where the text field itself is searched by. */
  readonly onSearch: ((search: string) => void) | null;
  /** The focus has left the search; `isDone`: by Escape, so that it goes back to the text. */
  readonly onSearchLeft: (isDone: boolean) => void;
}

/** The catalogue, as far as it matches: name, meaning, example. */
export function MacroOptions({ macros, search, onSearch, onSearchLeft }: MacroOptionsProps) {
  return (
    <Combobox.Dropdown miw={380}>
      {onSearch !== null && (
        <Combobox.Search
          value={search}
          onChange={({ currentTarget: { value } }) => onSearch(value)}
          onBlur={() => onSearchLeft(false)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            // Closes the list, not the dialog around it.
            event.stopPropagation();
            event.nativeEvent.stopImmediatePropagation();
            onSearchLeft(true);
          }}
          placeholder="Search macros by name or meaning"
          aria-label="Search macros"
        />
      )}
      <Combobox.Options aria-label="Macros">
        <ScrollArea.Autosize mah={260} type="auto">
          {macros.length === 0 ? (
            <Combobox.Empty>No macro is called so, or means that.</Combobox.Empty>
          ) : (
            macros.map(({ name, meaning, example, pii }) => (
              <Combobox.Option key={name} value={name}>
                <Group justify="space-between" wrap="nowrap" gap="xs">
                  <Text size="sm" ff="monospace">
                    {`{${name}}`}
                  </Text>
                  {pii && (
                    <Badge size="xs" color="yellow" variant="light">
                      Personal
                    </Badge>
                  )}
                </Group>
                <Text size="xs" opacity={0.85} lineClamp={2}>
                  {meaning}
                  {example === '' ? '' : `, such as ${example}`}
                </Text>
              </Combobox.Option>
            ))
          )}
        </ScrollArea.Autosize>
      </Combobox.Options>
    </Combobox.Dropdown>
  );
}

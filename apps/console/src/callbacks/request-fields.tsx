import { ActionIcon, Button, Checkbox, Fieldset, Group, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import IconTrash from '@tabler/icons-react/icons/IconTrash';
import type { CallbackForm } from './callback-form.js';
import { newField, type CallbackValues } from './callback-values.js';
import { MacroInput } from './macro-input.js';

interface RequestFieldsProps {
  readonly form: CallbackForm;
  readonly list: 'requestParams' | 'requestHeaders';
  readonly label: string;
  /** One of them, in the singular. */
  readonly one: string;
}

/** Most of each that the API takes. */
const MAX_FIELDS = 50;

/** Params or headers, row by row; types only where the body is JSON. */
export function RequestFields({ form, list, label, one }: RequestFieldsProps) {
  const fields = form.values[list];
  const hasTypes = list === 'requestParams' && form.values.httpType === 'POST_JSON';
  return (
    <Fieldset legend={label} p="sm">
      <Stack gap="xs">
        {fields.map(({ key, secret, isSet }, index) => {
          const of = `${one} ${index + 1}`;
          const at = `${list}.${index}`;
          return (
            <Group key={key} gap="xs" align="flex-start" wrap="wrap">
              <TextInput
                aria-label={`Name of ${of}`}
                placeholder="Name"
                maxLength={255}
                flex="1 1 120px"
                {...form.getInputProps(`${at}.name`)}
              />
              {secret ? (
                <PasswordInput
                  aria-label={`Value of ${of}`}
                  placeholder={isSet ? 'Set. Leave it empty to keep it.' : 'Value'}
                  autoComplete="off"
                  flex="2 1 200px"
                  {...form.getInputProps(`${at}.value`)}
                />
              ) : (
                <MacroInput
                  aria-label={`Value of ${of}`}
                  pickerLabel={`Insert a macro into ${of}`}
                  placeholder="Value"
                  flex="2 1 200px"
                  {...form.getInputProps(`${at}.value`)}
                />
              )}
              {hasTypes && (
                <NativeSelect
                  aria-label={`Type of ${of}`}
                  data={['string', 'number', 'boolean', 'json']}
                  w={100}
                  {...form.getInputProps(`${at}.type`)}
                />
              )}
              <Checkbox mt={8} label="Secret" {...form.getInputProps(`${at}.secret`, { type: 'checkbox' })} />
              <ActionIcon mt={4} variant="subtle" color="gray" aria-label={`Remove ${of}`} onClick={() => form.removeListItem(list, index)}>
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          );
        })}
        <Group gap="sm">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            disabled={fields.length >= MAX_FIELDS}
            onClick={() => form.insertListItem(list, newField())}
          >
            Add {one}
          </Button>
          {list === 'requestParams' && (
            <Text size="xs" c="dimmed">
              {whereParamsGo(form.values.httpType)}
            </Text>
          )}
        </Group>
      </Stack>
    </Fieldset>
  );
}

function whereParamsGo(httpType: CallbackValues['httpType']): string {
  if (httpType === 'GET') return 'Appended to the query of the URL.';
  return httpType === 'POST_FORM' ? 'Sent as a form.' : 'Sent as a JSON object; dotted names nest.';
}

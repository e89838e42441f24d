import { ActionIcon, Button, Collapse, Fieldset, Group, NumberInput, PasswordInput, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import IconChevronDown from '@tabler/icons-react/icons/IconChevronDown';
import IconChevronUp from '@tabler/icons-react/icons/IconChevronUp';
import IconTrash from '@tabler/icons-react/icons/IconTrash';
import type { CallbackForm } from './callback-form.js';
import { newSigningSecret } from './callback-values.js';
import { randomSigningSecret } from './random-signing-secret.js';

const RETRIES = [
  { value: 'short', label: 'Short: 7 attempts within 10 minutes' },
  { value: 'standard', label: 'Standard: 12 attempts within three days' },
  { value: 'long', label: 'Long: 16 attempts within a week' },
];

/** Name, retry, timeout, rate, ordering, signing secrets. Open from the start when one of them has a complaint. */
export function AdvancedFields({ form }: { form: CallbackForm }) {
  const [opened, { toggle }] = useDisclosure(false);
  const complains = Object.keys(form.errors).some((path) => /^(name|retry|timeoutMs|maxPerSecond|ordering|signingSecrets)/.test(path));
  const isOpen = opened || complains;
  return (
    <div>
      <Button
        variant="subtle"
        size="sm"
        onClick={toggle}
        aria-expanded={isOpen}
        aria-controls="advanced-fields"
        rightSection={isOpen ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
      >
        Advanced
      </Button>
      <Collapse expanded={isOpen} id="advanced-fields">
        <Stack gap="sm" pt="xs">
          <TextInput label="Name" description="For yourselves; empty: none" maxLength={255} {...form.getInputProps('name')} />
          <Select label="Retry" data={RETRIES} allowDeselect={false} {...form.getInputProps('retry')} />
          <Group grow align="flex-start">
            <NumberInput
              label="Timeout in ms"
              description="100 to 30,000"
              min={100}
              max={30_000}
              step={500}
              thousandSeparator=","
              {...form.getInputProps('timeoutMs')}
            />
            <NumberInput
              label="Rate per second"
              description="Empty: no limit"
              min={1}
              max={10_000}
              allowDecimal={false}
              {...form.getInputProps('maxPerSecond')}
            />
          </Group>
          <Radio.Group label="Ordering" {...form.getInputProps('ordering')}>
            <Stack gap={6} mt={4}>
              <Radio value="none" label="None" description="Every delivery by itself: the quickest." />
              <Radio
                value="conversion"
                label="By conversion"
                description="What happened first to a conversion is delivered first, however long it takes."
              />
            </Stack>
          </Radio.Group>
          <Fieldset legend="Signing secrets" p="sm">
            <Stack gap="xs">
              {form.values.signingSecrets.map(({ key, isSet }, index) => (
                <Group key={key} gap="xs" align="flex-start" wrap="nowrap">
                  <PasswordInput
                    flex={1}
                    aria-label={`Signing secret ${index + 1}`}
                    placeholder={isSet ? 'Set. Leave it empty to keep it.' : 'whsec_…'}
                    autoComplete="off"
                    {...form.getInputProps(`signingSecrets.${index}.value`)}
                  />
                  <Button variant="default" onClick={() => form.setFieldValue(`signingSecrets.${index}.value`, randomSigningSecret())}>
                    Make one
                  </Button>
                  <ActionIcon
                    mt={4}
                    variant="subtle"
                    color="gray"
                    aria-label={`Remove signing secret ${index + 1}`}
                    onClick={() => form.removeListItem('signingSecrets', index)}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </Group>
              ))}
              {form.values.signingSecrets.length < 2 && (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => form.insertListItem('signingSecrets', newSigningSecret())}
                  style={{ alignSelf: 'flex-start' }}
                >
                  Add signing secret
                </Button>
              )}
            </Stack>
          </Fieldset>
        </Stack>
      </Collapse>
    </div>
  );
}

import { Modal, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { AffiliateSelect } from '../affiliates/affiliate-select.js';
import type { PauseInput } from '../api/shapes.js';
import { DialogButtons } from '../page/dialog-buttons.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { tellDone } from '../page/tell.js';
import { useCreatePause } from './waiting.queries.js';

const SCOPES: { value: PauseInput['scope']; label: string }[] = [
  { value: 'destination', label: 'A destination' },
  { value: 'affiliate', label: 'An affiliate' },
  { value: 'callback', label: 'A callback' },
  { value: 'all', label: 'Everything' },
];

export function PauseDialog({ start, onClose }: { start: Partial<PauseInput>; onClose: () => void }) {
  const create = useCreatePause();
  const form = useForm({
    initialValues: {
      scope: start.scope ?? 'destination',
      key: start.key === undefined || start.key === null ? '' : String(start.key),
      reason: '',
    },
    validate: { key: (key, { scope }) => (scope !== 'all' && key.trim() === '' ? 'Say which one' : null) },
  });
  const { scope } = form.values;
  const save = form.onSubmit(({ key, reason }) =>
    create.mutate(
      { scope, ...(scope === 'all' ? {} : { key: key.trim() }), reason: reason.trim() === '' ? null : reason },
      {
        onSuccess: () => {
          tellDone('It is paused. What is due is kept.');
          onClose();
        },
        onError: (problem) => showFieldProblems(form, problem),
      },
    ),
  );
  return (
    <Modal opened onClose={onClose} title="New Pause">
      <form onSubmit={save} noValidate>
        <Stack>
          <ProblemAlert problem={create.error} title="Nothing is paused" shownPaths={(path) => path === 'key' || path === 'reason'} />
          <Radio.Group
            label="What is paused"
            value={scope}
            onChange={(value) => form.setValues({ scope: value as PauseInput['scope'], key: '' })}
          >
            <Stack gap="xs" mt={4}>
              {SCOPES.map(({ value, label }) => (
                <Radio key={value} value={value} label={label} />
              ))}
            </Stack>
          </Radio.Group>
          {scope === 'destination' && (
            <TextInput
              label="Destination"
              description="Scheme, host and port"
              placeholder="https://tracker.example.com:443"
              {...form.getInputProps('key')}
            />
          )}
          {scope === 'affiliate' && (
            <AffiliateSelect
              label="Affiliate"
              value={form.values.key === '' ? null : form.values.key}
              onChange={(value) => form.setFieldValue('key', value ?? '')}
              error={form.errors['key']}
            />
          )}
          {scope === 'callback' && <TextInput label="Callback ID" inputMode="numeric" {...form.getInputProps('key')} />}
          {scope === 'all' && <Text size="sm">No callback is sent at all until you resume.</Text>}
          <Textarea
            label="Reason"
            description="For whoever looks at it later"
            autosize
            minRows={2}
            maxLength={500}
            {...form.getInputProps('reason')}
          />
          <DialogButtons onCancel={onClose} color={scope === 'all' ? 'red' : undefined} loading={create.isPending}>
            {scope === 'all' ? 'Pause everything' : 'Pause'}
          </DialogButtons>
        </Stack>
      </form>
    </Modal>
  );
}

import { Grid, Group, Modal, Radio, Select, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useCallback as useMemoized, useState } from 'react';
import { AffiliateSelect } from '../affiliates/affiliate-select.js';
import { asProblem } from '../api/api-problem.js';
import type { Callback, Offer } from '../api/shapes.js';
import { EditConflict } from '../offers/edit-conflict.js';
import { DialogButtons } from '../page/dialog-buttons.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { tellDone } from '../page/tell.js';
import { useSessionState } from '../session/session.js';
import { AdvancedFields } from './advanced-fields.js';
import { BasicAuthFields } from './basic-auth-fields.js';
import { CONVERSION_STATUSES, HTTP_TYPES } from './callback-choices.js';
import { useCallbackForm, type CallbackForm } from './callback-form.js';
import { CallbackPreview } from './callback-preview.js';
import { bodyOf, fieldOfPath, newCallbackValues, patchOf, valuesOf, valuesOfCopy, type CallbackValues } from './callback-values.js';
import { useCreateCallback, useEditCallback } from './callback.queries.js';
import { changedByOthers } from './changed-fields.js';
import { ForeignUrlOffer } from './foreign-url-offer.js';
import { MacroInput } from './macro-input.js';
import { RequestFields } from './request-fields.js';

/** What the pop-up is opened for. */
export type CallbackTask =
  | { readonly kind: 'new' }
  | { readonly kind: 'edit'; readonly callback: Callback }
  | { readonly kind: 'copy'; readonly callback: Callback };

interface CallbackDialogProps {
  readonly offer: Offer;
  readonly task: CallbackTask;
  readonly onClose: () => void;
}

const TITLES = { new: 'New Callback', edit: 'Edit Callback', copy: 'New Callback' } as const;

/** Shown by the form itself, field by field. */
const HAS_FIELD =
  /^(name|affiliateId|goalId|conversionStatus|url|httpType|basicAuth\.|requestParams\.\d|requestHeaders\.\d|retry|timeoutMs|maxPerSecond|ordering|signingSecrets\.)/;

/** The New Callback pop-up; the same for editing and copying one. */
export function CallbackDialog({ offer, task, onClose }: CallbackDialogProps) {
  const [base, setBase] = useState(task.kind === 'edit' ? task.callback : null);
  const form = useCallbackForm(initialValues(task, offer));
  const create = useCreateCallback(offer.id);
  const edit = useEditCallback(offer.id);
  const refusal = create.error ?? edit.error;
  const problem = refusal === null ? null : asProblem(refusal);
  const theirs = problem?.status === 412 ? (problem.current as Callback) : null;
  const sessionEnded = useSessionState() === 'ended';
  const isDirty = form.isDirty();

  const close = () => {
    if (!isDirty) return onClose();
    modals.openConfirmModal({
      title: 'Discard what you typed?',
      children: <Text size="sm">The callback is not saved.</Text>,
      labels: { confirm: 'Discard it', cancel: 'Go on editing' },
      confirmProps: { color: 'red' },
      onConfirm: onClose,
    });
  };
  const onError = (refused: unknown) => showFieldProblems(form, refused, fieldOfPath);
  const save = (version?: number) =>
    form.onSubmit((values) => {
      if (base === null)
        create.mutate(bodyOf(values), {
          onSuccess: ({ id }) => {
            tellDone(`Callback ${id} is made. It fires for what is recorded from now on.`);
            onClose();
          },
          onError,
        });
      else
        edit.mutate(
          { callbackId: base.id, version: version ?? base.version, body: patchOf(base, values) },
          {
            onSuccess: ({ id }) => {
              tellDone(`Callback ${id} is saved.`);
              onClose();
            },
            onError,
          },
        );
    });
  const showComplaints = useComplaints(form);
  const isPending = create.isPending || edit.isPending;

  return (
    <Modal
      opened
      onClose={close}
      title={base === null ? TITLES[task.kind] : `Edit Callback ${base.id}`}
      size={1180}
      closeOnClickOutside={false}
      closeOnEscape={!sessionEnded}
      // What gets the focus is scrolled to above the buttons, which stay.
      styles={{ content: { scrollPaddingBottom: 80 } }}
    >
      <form onSubmit={save()} noValidate aria-label={TITLES[task.kind]}>
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack gap="sm">
              <AffiliateSelect
                label="Affiliate"
                placeholder="Search by name"
                data-autofocus
                withAsterisk
                {...form.getInputProps('affiliateId')}
              />
              <GoalField form={form} offer={offer} base={base} />
              <Radio.Group label="Conversion Status" {...form.getInputProps('conversionStatus')}>
                <Group mt={4}>
                  {CONVERSION_STATUSES.map(({ value, label }) => (
                    <Radio key={value} value={value} label={label} />
                  ))}
                </Group>
              </Radio.Group>
              <MacroInput
                label="URL"
                description="Type { for a macro"
                withAsterisk
                pickerLabel="Insert a macro into the URL"
                placeholder="https://tracker.example.com/postback?click={click_id}"
                {...form.getInputProps('url')}
              />
              <ForeignUrlOffer url={form.values.url} onConvert={(url) => form.setFieldValue('url', url)} />
              <Radio.Group label="HTTP Type" {...form.getInputProps('httpType')}>
                <Group mt={4}>
                  {HTTP_TYPES.map(({ value, label }) => (
                    <Radio key={value} value={value} label={label} />
                  ))}
                </Group>
              </Radio.Group>
              <BasicAuthFields form={form} />
              <RequestFields form={form} list="requestParams" label="Request Params" one="param" />
              <RequestFields form={form} list="requestHeaders" label="Request Headers" one="header" />
              <AdvancedFields form={form} />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <CallbackPreview
              offerId={offer.id}
              values={form.values}
              callbackId={base?.id}
              isDirty={isDirty}
              onComplaints={showComplaints}
            />
          </Grid.Col>
        </Grid>
        <Stack pt="md" pb="xs" gap="sm" className="stays-below">
          {base !== null && theirs !== null ? (
            <EditConflict
              changes={changedByOthers(base, theirs, form.values)}
              onKeepMine={() => save(theirs.version)()}
              onTakeTheirs={() => {
                const values = valuesOf(theirs);
                setBase(theirs);
                form.setInitialValues(values);
                form.setValues(values);
                edit.reset();
              }}
            />
          ) : (
            <ProblemAlert problem={problem} title="The callback is not saved" shownPaths={(path) => HAS_FIELD.test(path)} />
          )}
          <DialogButtons onCancel={close} loading={isPending} />
        </Stack>
      </form>
    </Modal>
  );
}

function initialValues(task: CallbackTask, offer: Offer): CallbackValues {
  switch (task.kind) {
    case 'new':
      return newCallbackValues();
    case 'edit':
      return valuesOf(task.callback);
    case 'copy':
      // While goals are off a new callback cannot be given one.
      return { ...valuesOfCopy(task.callback), ...(offer.goalsEnabled ? {} : { goalId: null }) };
  }
}

/** Only while goals count; when they do not, a goal that is kept is said. */
function GoalField({ form, offer, base }: { form: CallbackForm; offer: Offer; base: Callback | null }) {
  const goals = offer.goals.filter(({ id, archived }) => !archived || id === base?.goalId);
  if (offer.goalsEnabled)
    return (
      <Select
        label="Offer Goal"
        placeholder="Any goal, and none"
        clearable
        clearButtonProps={{ 'aria-label': 'Any goal, and none' }}
        data={goals.map(({ id, name, archived }) => ({ value: String(id), label: `${name} (${id})${archived ? ', archived' : ''}` }))}
        {...form.getInputProps('goalId')}
      />
    );
  if (base === null || base.goalId === null) return null;
  const name = offer.goals.find(({ id }) => id === base.goalId)?.name ?? 'goal';
  return (
    <Text size="sm" className="plain">
      Offer Goal: <b>{name}</b> ({base.goalId}) is kept. Goals are off, so it is ignored now; it counts again once they are on.
    </Text>
  );
}

/** What the preview finds wrong stands under its field at once, not only after Save. */
function useComplaints(form: CallbackForm) {
  const { setErrors } = form;
  return useMemoized(
    (complaints: readonly { path: string; message: string }[]) =>
      setErrors(Object.fromEntries(complaints.map(({ path, message }) => [fieldOfPath(path), message]))),
    [setErrors],
  );
}

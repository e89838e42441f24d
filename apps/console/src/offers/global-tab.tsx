import { Button, Group, Radio, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { asProblem } from '../api/api-problem.js';
import type { Offer } from '../api/shapes.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { tellDone } from '../page/tell.js';
import { useKeepTyped } from '../page/keep-typed.js';
import { useConfiguredOffer } from './configure-offer-page.js';
import { EditConflict } from './edit-conflict.js';
import { OFFER_STATUSES, WHAT_STATUS_DOES } from './offer-statuses.js';
import { useEditOffer } from './offer.queries.js';

/** Name and status. */
export function GlobalTab() {
  // The version that was read when typing began: what is read anew meanwhile must not hide someone else's edit.
  const [base, setBase] = useState<Offer>(useConfiguredOffer());
  const edit = useEditOffer(base);
  const form = useForm({
    initialValues: { name: base.name, status: base.status },
    validate: { name: (name) => (name.trim() === '' ? 'Give the offer a name' : null) },
  });
  const problem = edit.error === null ? null : asProblem(edit.error);
  const conflict = problem?.status === 412 ? (problem.current as Offer) : null;
  useKeepTyped(form.isDirty());

  const save = (version?: number) =>
    form.onSubmit((values) =>
      edit.mutate(version === undefined ? values : { ...values, version }, {
        onSuccess: (saved) => {
          const { name, status } = saved;
          setBase(saved);
          form.setInitialValues({ name, status });
          form.setValues({ name, status });
          tellDone('The offer is saved.');
        },
        onError: (refusal) => showFieldProblems(form, refusal),
      }),
    );
  return (
    <form onSubmit={save()} noValidate>
      <Stack maw={560}>
        {conflict === null ? (
          <ProblemAlert problem={problem} title="The offer is not saved" shownPaths={(path) => path === 'name' || path === 'status'} />
        ) : (
          <EditConflict
            changes={[
              { field: 'Name', theirs: conflict.name, yours: form.values.name },
              { field: 'Status', theirs: conflict.status, yours: form.values.status },
            ]}
            onKeepMine={() => save(conflict.version)()}
            onTakeTheirs={() => {
              const theirs = { name: conflict.name, status: conflict.status };
              form.setInitialValues(theirs);
              form.setValues(theirs);
              setBase(conflict);
              edit.reset();
            }}
          />
        )}
        <TextInput label="Name" maxLength={255} {...form.getInputProps('name')} />
        <Radio.Group label="Status" {...form.getInputProps('status')}>
          <Stack gap="xs" mt="xs">
            {OFFER_STATUSES.map(({ value, label }) => (
              <Radio key={value} value={value} label={label} description={WHAT_STATUS_DOES[value]} />
            ))}
          </Stack>
        </Radio.Group>
        <Group>
          <Button type="submit" loading={edit.isPending} disabled={!form.isDirty()}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

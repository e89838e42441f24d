import { Modal, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from 'react-router';
import { DialogButtons } from '../page/dialog-buttons.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { tellDone } from '../page/tell.js';
import { useCreateOffer } from './offer.queries.js';

export function NewOffer({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const create = useCreateOffer();
  const form = useForm({
    initialValues: { name: '', goalsEnabled: false },
    validate: { name: (name) => (name.trim() === '' ? 'Give the offer a name' : null) },
  });
  const save = form.onSubmit((values) =>
    create.mutate(values, {
      onSuccess: (offer) => {
        onClose();
        tellDone(`Offer ${offer.id} is made.`);
        void navigate(`/offers/${offer.id}/${offer.goalsEnabled ? 'goals' : 'callbacks'}`);
      },
      onError: (problem) => showFieldProblems(form, problem),
    }),
  );
  return (
    <Modal opened onClose={onClose} title="New Offer">
      <form onSubmit={save} noValidate>
        <Stack>
          <ProblemAlert problem={create.error} title="The offer is not made" shownPaths={(path) => path === 'name'} />
          <TextInput label="Name" maxLength={255} data-autofocus {...form.getInputProps('name')} />
          <Switch
            label="Enabled Goals"
            description="Tell callbacks apart by goal: sign-up, deposit… You can switch it at any time."
            {...form.getInputProps('goalsEnabled', { type: 'checkbox' })}
          />
          <DialogButtons onCancel={onClose} loading={create.isPending} />
        </Stack>
      </form>
    </Modal>
  );
}

import { Alert, Button, Group, Paper, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import { ListTable, type Column } from '../page/list-table.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { StatusBadge } from '../page/status-badge.js';
import { tellDone, tellProblem } from '../page/tell.js';
import type { Goal } from '../api/shapes.js';
import { useConfiguredOffer } from './configure-offer-page.js';
import { GoalName } from './goal-name.js';
import { useCreateGoal, useEditGoal, useEditOffer } from './offer.queries.js';

/** The switch, what it does to callbacks, and the goals. */
export function GoalsTab() {
  const offer = useConfiguredOffer();
  const edit = useEditOffer(offer);
  const editGoal = useEditGoal(offer.id);
  const setArchived = (goal: Goal, archived: boolean) =>
    editGoal.mutate(
      { goalId: goal.id, archived },
      {
        onSuccess: () => tellDone(archived ? `Goal ${goal.id} is archived.` : `Goal ${goal.id} is active again.`),
        onError: (problem) => tellProblem('The goal is not changed', problem),
      },
    );
  const columns: Column<Goal>[] = [
    { header: 'ID', width: 80, cell: ({ id }) => <span className="figures">{id}</span> },
    { header: 'Name', cell: (goal) => <GoalName key={goal.name} goal={goal} /> },
    { header: 'Status', width: 120, cell: ({ archived }) => <StatusBadge status={archived ? 'archived' : 'active'} /> },
    {
      header: 'Action',
      width: 120,
      align: 'right',
      cell: (goal) => (
        <Button
          size="xs"
          variant="default"
          aria-label={`${goal.archived ? 'Restore' : 'Archive'} goal ${goal.id}`}
          onClick={() => setArchived(goal, !goal.archived)}
        >
          {goal.archived ? 'Restore' : 'Archive'}
        </Button>
      ),
    },
  ];
  return (
    <Stack>
      <Paper withBorder p="md" maw={760}>
        <Switch
          label="Enabled Goals"
          checked={offer.goalsEnabled}
          disabled={edit.isPending}
          onChange={({ currentTarget: { checked } }) =>
            edit.mutate({ goalsEnabled: checked }, { onSuccess: () => tellDone(checked ? 'Goals count now.' : 'Goals are ignored now.') })
          }
        />
        <Text size="sm" mt="xs">
          {offer.goalsEnabled
            ? 'On: a callback with a goal fires for that goal only; one without a goal fires for any goal and for none.'
            : 'Off: goals are ignored, not erased. Callbacks fire for any goal and for none; each keeps its goal, through edits too, and it counts again the moment this is on.'}
        </Text>
        <Text size="sm" c="dimmed" mt={4}>
          It holds for conversions recorded from now on, never for earlier ones.
        </Text>
        <ProblemAlert problem={edit.error} title="The switch is where it was" />
      </Paper>
      <Title order={2} size="h4">
        Goals
      </Title>
      {!offer.goalsEnabled && offer.goals.length > 0 && (
        <Alert color="blue" variant="light" maw={760}>
          These goals are kept while goals are off.
        </Alert>
      )}
      <ListTable
        label="Goals"
        columns={columns}
        items={offer.goals}
        keyOf={({ id }) => id}
        minWidth={520}
        empty={{ title: 'No goals yet', description: 'Name the steps that are paid for, such as “Sign-up” and “First deposit”.' }}
      />
      <NewGoal offerId={offer.id} />
    </Stack>
  );
}

function NewGoal({ offerId }: { offerId: number }) {
  const create = useCreateGoal(offerId);
  const form = useForm({
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? 'Give the goal a name' : null) },
  });
  const save = form.onSubmit(({ name }) =>
    create.mutate(name, {
      onSuccess: (goal) => {
        form.reset();
        tellDone(`Goal ${goal.id} is made.`);
      },
      onError: (problem) => showFieldProblems(form, problem),
    }),
  );
  return (
    <form onSubmit={save} noValidate>
      <ProblemAlert problem={create.error} title="The goal is not made" shownPaths={(path) => path === 'name'} />
      <Group align="flex-start" gap="xs">
        <TextInput
          aria-label="Name of the new goal"
          placeholder="Name of a new goal"
          maxLength={255}
          w={320}
          {...form.getInputProps('name')}
        />
        <Button type="submit" variant="default" leftSection={<IconPlus size={16} />} loading={create.isPending}>
          New Goal
        </Button>
      </Group>
    </form>
  );
}

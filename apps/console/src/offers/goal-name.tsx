import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Goal } from '../api/shapes.js';
import { asProblem } from '../api/api-problem.js';
import { useEditGoal } from './offer.queries.js';

/** A goal's name, edited where it stands: Enter or Save keeps it, Escape takes it back. */
export function GoalName({ goal }: { goal: Goal }) {
  const [name, setName] = useState(goal.name);
  const edit = useEditGoal(goal.offerId);
  const isChanged = name !== goal.name;
  const save = () => {
    if (isChanged) edit.mutate({ goalId: goal.id, name });
  };
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <TextInput
        size="xs"
        flex={1}
        aria-label={`Name of goal ${goal.id}`}
        maxLength={255}
        dir="auto"
        value={name}
        error={edit.error === null ? null : asProblem(edit.error).message}
        onChange={({ currentTarget: { value } }) => setName(value)}
        onKeyDown={({ key }) => {
          if (key === 'Enter') save();
          if (key === 'Escape') setName(goal.name);
        }}
      />
      <Button
        size="xs"
        variant="default"
        disabled={!isChanged}
        loading={edit.isPending}
        onClick={save}
        aria-label={`Save the name of goal ${goal.id}`}
      >
        Save
      </Button>
    </Group>
  );
}

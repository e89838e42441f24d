import { Button, Menu, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered } from '../api/api-problem.js';
import { api, ifMatch } from '../api/client.js';
import type { User } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { ONE_PAGE } from '../page/one-page.js';
import { DialogButtons } from '../page/dialog-buttons.js';
import { PageHeader } from '../page/page-header.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { StatusBadge } from '../page/status-badge.js';
import { tellDone, tellProblem } from '../page/tell.js';
import { ROLES } from './roles.js';
import { ShownOnce } from './shown-once.js';

const NO_FILTERS = [] as const;

/** A link that sets a password, shown once. */
interface OneTimeLink {
  readonly email: string;
  readonly path: string;
  readonly expiresAt: string;
}

export function UsersPage() {
  const paging = useAddressFilters(NO_FILTERS);
  const { cursor } = paging;
  const [isInviting, setInviting] = useState(false);
  const [link, setLink] = useState<OneTimeLink | null>(null);
  const list = useQuery({
    queryKey: ['users', cursor],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/users', { params: { query: cursor === undefined ? {} : { cursor } }, signal })),
  });
  const columns: Column<User>[] = [
    { header: 'ID', width: 70, cell: ({ id }) => <span className="figures">{id}</span> },
    { header: 'Email', cell: ({ email }) => <PlainText text={email} fw={500} /> },
    { header: 'Role', width: 110, cell: ({ role }) => role },
    { header: 'Status', width: 110, cell: ({ status }) => <StatusBadge status={status} /> },
    { header: 'Last sign-in', width: 175, cell: ({ lastSignInAt }) => <Moment at={lastSignInAt} /> },
    { header: 'Action', width: 110, align: 'right', cell: (user) => <UserActions user={user} onLink={setLink} /> },
  ];
  return (
    <>
      <PageHeader
        title="Users"
        detail="Who may sign in, and what they may do."
        actions={<Button onClick={() => setInviting(true)}>Invite a user</Button>}
      />
      <PagedList
        label="Users"
        columns={columns}
        list={list}
        paging={paging}
        keyOf={({ id }) => id}
        minWidth={820}
        empty={{ title: 'No users', description: 'Invite the first one.' }}
      />
      {isInviting && <InviteDialog onClose={() => setInviting(false)} onLink={setLink} />}
      {link !== null && <LinkDialog link={link} onClose={() => setLink(null)} />}
    </>
  );
}

function UserActions({ user, onLink }: { user: User; onLink: (link: OneTimeLink) => void }) {
  const client = useQueryClient();
  // After a refusal too: then someone else, or the user, changed them meanwhile.
  const onSettled = () => client.invalidateQueries({ queryKey: ['users'] });
  const onError = (problem: unknown) => tellProblem(`${user.email} is not changed`, problem);
  const path = { userId: user.id };
  const edit = useMutation({
    mutationFn: (body: { role?: string; status?: 'active' | 'disabled' }) =>
      answered(api.PATCH('/v1/users/{userId}', { params: { path, ...ifMatch(user.version) }, body })),
    onSettled,
    onError,
  });
  const signOut = useMutation({
    mutationFn: () => answered(api.POST('/v1/users/{userId}/sign-out', { params: { path } })),
    onSuccess: () => tellDone(`${user.email} is signed out everywhere.`),
    onError,
  });
  const reset = useMutation({
    mutationFn: () => answered(api.POST('/v1/users/{userId}/password-reset', { params: { path } })),
    onSuccess: ({ token, expiresAt }) => onLink({ email: user.email, path: `/password-reset/${token}`, expiresAt }),
    onError,
  });
  const askToDisable = () =>
    modals.openConfirmModal({
      title: `Disable ${user.email}?`,
      children: <Text size="sm">Their sessions end at once. They can be enabled again.</Text>,
      labels: { confirm: 'Disable', cancel: 'Cancel' },
      confirmProps: { color: 'red' },
      onConfirm: () => edit.mutate({ status: 'disabled' }),
    });
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <Button size="xs" variant="default" aria-label={`Manage ${user.email}`}>
          Manage
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Role</Menu.Label>
        {ROLES.filter(({ value }) => value !== user.role).map(({ value, label }) => (
          <Menu.Item key={value} onClick={() => edit.mutate({ role: value })}>
            Make {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => reset.mutate()}>New password link</Menu.Item>
        <Menu.Item onClick={() => signOut.mutate()}>Sign out everywhere</Menu.Item>
        {user.status === 'disabled' ? (
          <Menu.Item onClick={() => edit.mutate({ status: 'active' })}>Enable</Menu.Item>
        ) : (
          <Menu.Item color="red" onClick={askToDisable}>
            Disable
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function InviteDialog({ onClose, onLink }: { onClose: () => void; onLink: (link: OneTimeLink) => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { email: '', role: 'manager' },
    validate: { email: (email) => (email.trim() === '' ? 'Enter an email address' : null) },
  });
  const invite = useMutation({
    mutationFn: (body: { email: string; role: string }) => answered(api.POST('/v1/users', { body })),
    onSuccess: async ({ email, invitation }) => {
      await client.invalidateQueries({ queryKey: ['users'] });
      onClose();
      onLink({ email, path: `/invitation/${invitation.token}`, expiresAt: invitation.expiresAt });
    },
    onError: (problem) => showFieldProblems(form, problem),
  });
  return (
    <Modal opened onClose={onClose} title="Invite a user">
      <form onSubmit={form.onSubmit((values) => invite.mutate(values))} noValidate>
        <Stack>
          <ProblemAlert problem={invite.error} title="Nobody is invited" shownPaths={(path) => path === 'email' || path === 'role'} />
          <TextInput label="Email" type="email" data-autofocus {...form.getInputProps('email')} />
          <Select label="Role" data={ROLES} allowDeselect={false} {...form.getInputProps('role')} />
          <DialogButtons onCancel={onClose} loading={invite.isPending}>
            Invite
          </DialogButtons>
        </Stack>
      </form>
    </Modal>
  );
}

function LinkDialog({ link: { email, path, expiresAt }, onClose }: { link: OneTimeLink; onClose: () => void }) {
  return (
    <ShownOnce
      title="Pass this link on"
      note={
        <>
          It is shown this once. Whoever opens it sets the password of {email}, until <Moment at={expiresAt} />.
        </>
      }
      secret={`${window.location.origin}${path}`}
      onClose={onClose}
    />
  );
}

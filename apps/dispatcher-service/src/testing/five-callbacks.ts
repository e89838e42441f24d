import { DispatchersUnderTest } from './dispatchers-under-test.js';

/** @returns a deployment where every event fires five callbacks, each with a request to `/1` to `/5` of the receiver */
export async function startWithFiveCallbacks(): Promise<DispatchersUnderTest> {
  const spec = await DispatchersUnderTest.start();
  const { author, receiver } = spec;
  await spec.configure(...[1, 2, 3, 4, 5].map((id) => author.callback(id, { url: `${receiver.url}/${id}`, timeoutMs: 3_000 })));
  return spec;
}

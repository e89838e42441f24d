import { SharedQuestion } from './shared-question.js';

/** A question whose answers are given by hand. */
function byHand() {
  const asked: PromiseWithResolvers<string>[] = [];
  const question = new SharedQuestion(() => {
    const answer = Promise.withResolvers<string>();
    asked.push(answer);
    return answer.promise;
  });
  return { question, asked };
}

describe('shared question', () => {
  it('is asked at once when none is under way', async () => {
    const { question, asked } = byHand();
    const answer = question.ask();
    expect(asked).toHaveLength(1);
    asked[0]!.resolve('first');
    expect(await answer).toBe('first');
    void question.ask();
    expect(asked).toHaveLength(2);
  });

  it('serves nobody who came while it was under way: they share the next one', async () => {
    const { question, asked } = byHand();
    const first = question.ask();
    const late = [question.ask(), question.ask(), question.ask()];
    expect(asked).toHaveLength(1);
    asked[0]!.resolve('old');
    expect(await first).toBe('old');
    expect(asked).toHaveLength(2);
    const later = question.ask();
    asked[1]!.resolve('new');
    expect(await Promise.all(late)).toEqual(['new', 'new', 'new']);
    asked[2]!.resolve('newest');
    expect(await later).toBe('newest');
    expect(asked).toHaveLength(3);
  });

  it('fails those it was asked for, and only them', async () => {
    const { question, asked } = byHand();
    const first = question.ask();
    const late = question.ask();
    asked[0]!.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    asked[1]!.resolve('back');
    expect(await late).toBe('back');
  });
});

import { getPriority } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../../core/model/attempt.ts';
import { Bench, makeProject, processFacts } from './harness.ts';
import { WORK } from './work-fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = new Bench(makeProject({ 'data/prices.csv': 'a,b\n', 'dags/work.ts': WORK }));
  await bench.executor.start();
});
afterAll(async () => bench.close());

async function failure(outcome: Promise<Outcome>): Promise<Extract<Outcome, { kind: 'failed' }>> {
  const settled = await outcome;
  if (settled.kind !== 'failed') throw new Error(JSON.stringify(settled));
  return settled;
}

describe('a command', () => {
  test('runs in the project with its inputs as variables, never spliced', async () => {
    const id = bench.shell('cat data/prices.csv; printf "%s|%s|%s" "$text" "$rows" "$SIZE"', {
      needs: { text: '"; exit 9 #$(exit 8)', rows: [1, { a: 'ä' }], gone: undefined },
      env: { SIZE: 'n${{ params.size }}-${{ needs.rows[1].a }}' },
    });
    await bench.outcome(id);
    expect(await bench.lines(id)).toEqual(['stdout: a,b', 'stdout: "; exit 9 #$(exit 8)|[1,{"a":"ä"}]|n3-ä']);
  });

  test('is told which attempt it is, in a clean environment', async () => {
    process.env['ORCH_CONN_DB'] = 'postgres://secret';
    const id = bench.shell(
      'env | grep ^ORCH | sort | cut -d= -f1; echo "$ORCH_ATTEMPT $ORCH_TASK_ID $ORCH_KEY $ORCH_TRY"',
      {
        node: 900,
        try: 2,
        keys: ['a/b'],
        items: ['a/b'],
      },
    );
    const lines = (await bench.lines(id)).map((line) => line.replace('stdout: ', ''));
    expect(lines).toEqual([
      'ORCH_ATTEMPT',
      'ORCH_CALLS',
      'ORCH_DAG_ID',
      'ORCH_GROUP',
      'ORCH_KEY',
      'ORCH_LAST_STATE',
      'ORCH_OUTPUT',
      'ORCH_RUN_ID',
      'ORCH_STATE',
      'ORCH_TASK_ID',
      'ORCH_TRY',
      '1.900.2 task a/b 2',
    ]);
  });

  test('of a sensor says by exit code 1 that it is not yet, with a state for the next look', async () => {
    const look = 'echo 3 of 5 >&2; echo seen=3 > "$ORCH_OUTPUT"; exit';
    const notYet = await bench.outcome(bench.shell(`${look} 1`, { sensor: true }));
    expect(notYet).toEqual({ kind: 'deferred', message: '3 of 5', state: '{"seen":"3"}' });
    const broken = await bench.outcome(bench.shell(`${look} 2`, { sensor: true }));
    expect(broken).toMatchObject({ kind: 'failed', error: { exitCode: 2 } });
    const killed = await bench.outcome(bench.shell('kill -TERM $$', { sensor: true }));
    expect(killed).toMatchObject({ kind: 'failed', error: { signal: 'SIGTERM' } });
  });

  test('as an argument vector needs no shell and may be templated', async () => {
    const id = bench.shell(['printf', '%s\\n', '${{ params.size }}', '${{ needs.text }}', '$HOME; ls'], {
      needs: { text: "it's" },
    });
    await bench.outcome(id);
    expect(await bench.lines(id)).toEqual(['stdout: 3', "stdout: it's", 'stdout: $HOME; ls']);
  });

  test('begins with stdin at its end, no arguments, and an empty temporary folder', async () => {
    const id = bench.shell('cat; echo "$# [$(ls -A "$TMPDIR")]"; touch "$TMPDIR/left"');
    expect(await bench.outcome(id)).toEqual({ kind: 'success' });
    expect(await bench.lines(id)).toEqual(['stdout: 0 []']);
    const next = bench.shell('ls -A "$TMPDIR"');
    await bench.outcome(next);
    expect(await bench.lines(next)).toEqual([]);
  });
});

test('attempts give way to whoever decides about them: a command and a function', async () => {
  const command = bench.shell('nice');
  await bench.outcome(command);
  const expected = String(Math.min(19, getPriority() + 5));
  expect(await bench.lines(command)).toEqual([`stdout: ${expected}`]);
  expect(await bench.outcome(bench.call('niceness'))).toEqual({ kind: 'success', output: expected });
});

describe('the end of a command', () => {
  test('fails with its code and the last line it said', async () => {
    const { error } = await failure(
      bench.outcome(bench.shell('echo first >&2; echo "no such table" >&2; exit 7')),
    );
    expect(error).toEqual({ name: 'ExitCode', message: 'no such table', code: '7', exitCode: 7 });
    expect((await failure(bench.outcome(bench.shell('exit 137')))).error.message).toBe(
      'the command ended with exit code 137',
    );
    expect((await failure(bench.outcome(bench.shell('kill -SEGV $$')))).error).toMatchObject({
      signal: 'SIGSEGV',
    });
    expect(await bench.outcome(bench.shell('kill -KILL $$'))).toMatchObject({ kind: 'lost' });
    expect((await failure(bench.outcome(bench.shell(['no-such-program'])))).error.message).toContain(
      'no-such-program',
    );
    expect((await failure(bench.outcome(bench.shell('if then')))).error.message).toMatch(/[Ss]yntax error/);
  });

  test('by the skip code skips, 99 or another', async () => {
    expect(await bench.outcome(bench.shell('echo why >&2; exit 99'))).toEqual({
      kind: 'skipped',
      message: 'why',
    });
    const other = bench.submit({ kind: 'shell', run: 'exit 3', skipExitCode: 3 });
    expect(await bench.outcome(other)).toEqual({ kind: 'skipped' });
  });

  test('kills what it left in its group or in a session of its own', async () => {
    const apart = 'setsid sh -c "echo \\$\\$; echo > up; sleep 300"';
    const kept = bench.shell(`mkfifo up; sleep 300 & echo $!; ${apart} & read -r _ < up`);
    expect(await bench.outcome(kept)).toEqual({ kind: 'success' });
    const pids = (await bench.lines(kept)).map((line) => Number(line.replace('stdout: ', '')));
    expect(pids).toHaveLength(2);
    for (const pid of pids) expect(processFacts(pid)?.zombie ?? true).toBe(true);
  });

  test('does not wait for a pipe that somebody else holds', async () => {
    const id = bench.shell('env -i setsid sh -c "exec sleep 300" & echo $!');
    expect(await bench.outcome(id)).toEqual({ kind: 'success' });
    const [said = ''] = await bench.lines(id);
    process.kill(Number(said.replace('stdout: ', '')), 'SIGKILL');
  });
});

describe('the output of a command', () => {
  test.each([
    [
      'lines',
      `printf 'a=1\\nb=x=y\\n\\ntext<<EOT\\none\\ntwo\\nEOT\\n' > "$ORCH_OUTPUT"`,
      { a: '1', b: 'x=y', text: 'one\ntwo' },
    ],
    ['a JSON object', `echo '{"n": [1, 2]}' >> "$ORCH_OUTPUT"`, { n: [1, 2] }],
    ['a JSON list', `echo '[1]' >> "$ORCH_OUTPUT"`, [1]],
    ['nothing', 'true', undefined],
  ])('is read from its file: %s', async (_, run, output) => {
    expect(await bench.output(bench.shell(run))).toEqual(output);
  });

  test('that cannot be read is rejected', async () => {
    const bad = await bench.outcome(bench.shell('echo "what is this" > "$ORCH_OUTPUT"'));
    expect(bad).toMatchObject({
      kind: 'rejected_output',
      error: { message: /line 1 of the output file is neither/ },
    });
    const json = await bench.outcome(bench.shell('echo "{" > "$ORCH_OUTPUT"'));
    expect(json).toMatchObject({ kind: 'rejected_output', error: { message: /not valid JSON/ } });
  });
});

test('an input that no command can take fails with a sentence', async () => {
  const { error, final } = await failure(
    bench.outcome(bench.shell('true', { needs: { big: 'x'.repeat(200_000) } })),
  );
  expect(final).toBe(true);
  expect(error.message).toMatch(/^variable big has 200\d\d\d bytes, a command takes 131071: pass the path/);
  const nul = await failure(bench.outcome(bench.shell('true', { needs: { text: 'a\0b' } })));
  expect(nul.error.message).toMatch(/variable text holds a NUL character/);
});

test('ten megabytes of output are all there', async () => {
  const id = bench.shell('head -c 10485760 /dev/zero | tr "\\0" x | fold -w 1023; exit 0');
  expect(await bench.outcome(id)).toEqual({ kind: 'success' });
  const lines = await bench.lines(id);
  expect(lines.reduce((sum, line) => sum + line.length - 'stdout: '.length, 0)).toBe(10_485_760);
});

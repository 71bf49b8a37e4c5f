import { connect } from 'node:net';
import { systemClock } from '../model/clock.ts';
import { keepCodeCache } from './code-cache.ts';
import { LineSplitter } from './line-splitter.ts';
import { captureOutput, takeStray } from './output-capture.ts';
import { parseOrder, type ReportFrame, type RunnerSettings } from './protocol.ts';
import { Runner } from './runner.ts';
import { Spin } from './spin.ts';
import { watchStartedProcesses } from './started-processes.ts';

const settings = JSON.parse(process.env['ORCH_RUNNER'] ?? 'null') as RunnerSettings;
delete process.env['ORCH_RUNNER'];

const leader = connect(settings.socket);
const splitter = new LineSplitter();
const spin = new Spin();
const endProcess = process.exit.bind(process);
let spinUs = 0;

function report(frame: ReportFrame): void {
  leader.write(`${JSON.stringify(frame)}\n`);
  if (frame.t === 'end' && spinUs > 0) spin.start(spinUs);
}

const runner = new Runner(settings, systemClock, report);
captureOutput((stream, chunk) => runner.output(stream, chunk));
watchStartedProcesses(() => runner.startedProcess());

process.on('uncaughtException', (error) => runner.uncaught(error));
process.on('unhandledRejection', (error) => runner.uncaught(error));
// Told to the whole group when an attempt must end: the attempt decides how, until its grace is over.
process.on('SIGTERM', () => runner.abortAll());
for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => undefined);
process.exit = ((code?: number) => {
  if (runner.exitCalled(code ?? process.exitCode)) endProcess(code);
  throw new Error('process.exit() has no effect in a shared runner');
}) as typeof process.exit;

leader.on('data', (chunk: Buffer) => {
  spin.stop();
  splitter.push(chunk, (line) => {
    const frame = parseOrder(line);
    if (!frame) return;
    if (frame.t === 'run') spinUs = frame.p ?? 0;
    runner.take(frame);
  });
});
// Without a leader there is nothing to do; the keeper ends this process in any case.
leader.on('close', () => endProcess(0));
leader.on('error', () => endProcess(1));
takeStray(0);
report({ t: 'hello', g: settings.g, token: settings.token });
keepCodeCache();

import { ask } from './api.js';
import { element } from './element.js';
import { stateMark } from './words.js';

const LINES = 1_000;
const FOLLOW_MS = 1_000;
/** Lines that are shown: older ones are left out. */
const SHOWN = 5_000;

/** The log of one attempt, followed while it runs. */
export class LogView {
  constructor() {
    this.title = element('h2');
    this.tries = element('select', { 'aria-label': 'attempt', change: () => this.open(this.tries.value) });
    this.text = element('pre', { tabindex: '0', 'aria-label': 'log' });
    this.head = element('header', {}, this.title, this.tries);
    this.root = element('section.log', { hidden: true, 'aria-label': 'log of a task' }, this.head, this.text);
    this.close();
  }

  close() {
    this.instance = null;
    this.attempt = null;
    this.root.hidden = true;
    clearInterval(this.timer);
  }

  /** Shows the log of the newest attempt of an instance, or goes on with the one that is open. */
  async show(task) {
    const isOther = this.instance !== task.taskInstanceId;
    const hasNew = !isOther && this.newest !== task.attempts;
    this.instance = task.taskInstanceId;
    this.newest = task.attempts;
    this.root.hidden = false;
    this.title.replaceChildren(stateMark(task.state, false), ` ${task.name}`);
    this.tries.hidden = task.attempts < 2;
    clearInterval(this.timer);
    // Lines are no events of the stream.
    if (task.state === 'running') this.timer = setInterval(() => this.read().catch(() => {}), FOLLOW_MS);
    if (task.attempts === 0) {
      this.attempt = null;
      this.text.replaceChildren(element('span.system', {}, task.because?.text ?? 'It has not started.'));
      return;
    }
    if (isOther || hasNew) {
      const numbers = Array.from({ length: task.attempts }, (_, at) => task.attempts - at);
      const options = numbers.map((no) => element('option', { value: String(no) }, `attempt ${no}`));
      this.tries.replaceChildren(...options);
      await this.open(String(task.attempts));
    } else await this.read();
  }

  async open(tryNo) {
    this.attempt = `${this.instance}.${tryNo}`;
    this.tries.value = tryNo;
    this.from = 0;
    this.text.replaceChildren();
    await this.read();
  }

  async read() {
    const { attempt, text } = this;
    if (attempt === null || this.reading === attempt) return;
    this.reading = attempt;
    try {
      const isAtEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
      for (let atEnd = false; !atEnd && this.attempt === attempt; ) {
        const page = await ask(`/attempts/${attempt}/logs?from=${this.from}&limit=${LINES}`);
        if (this.attempt !== attempt) return;
        this.from = page.next;
        text.append(
          ...page.lines.map((line) =>
            element(`span.${line.stream}`, {}, plain(line.text), line.more ? '' : '\n'),
          ),
        );
        while (text.childElementCount > SHOWN) text.firstElementChild.remove();
        atEnd = page.atEnd || page.lines.length === 0;
      }
      if (isAtEnd) text.scrollTop = text.scrollHeight;
    } finally {
      if (this.reading === attempt) this.reading = null;
    }
  }
}

const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}[[0-9;?]*[ -/]*[@-~]|${ESCAPE}`, 'g');

/** A line without the marks that a terminal would make colours of. */
function plain(text) {
  return text.replaceAll(COLOURS, '');
}

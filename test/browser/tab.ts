import type { Message } from './browser.ts';

/** What a page did besides showing something. */
export interface Deeds {
  /** URLs that were asked for. */
  readonly requests: string[];
  /** Dialogs, scripts of others that ran, and errors that nobody caught. */
  readonly ran: string[];
  /** What the policy of the page kept from happening. */
  readonly refused: string[];
}

/** Runs in every document before its own scripts. */
const EYES = `
  globalThis.canary = (what) => globalThis.tell(JSON.stringify({ ran: String(what) }));
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    globalThis.tell(JSON.stringify({ refused: violatedDirective + ' ' + blockedURI })));
`;

/** Resolves in the page once something is so, looking whenever the document changes. */
const ONCE = `(isSo) => new Promise((done, failed) => {
  setTimeout(() => failed(new Error('not so: ' + document.body.innerText)), 15_000);
  const look = () => {
    const found = isSo();
    if (!found) return;
    observer.disconnect();
    done(found);
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
})`;

/** A tab of a browser. */
export class Tab {
  readonly #ask: (method: string, params?: Record<string, unknown>) => Promise<Record<string, unknown>>;
  #loaded = Promise.withResolvers<void>();
  deeds: Deeds = { requests: [], ran: [], refused: [] };

  constructor(ask: (method: string, params?: Record<string, unknown>) => Promise<Record<string, unknown>>) {
    this.#ask = ask;
  }

  async begin(): Promise<void> {
    for (const domain of ['Page', 'Network', 'Runtime']) await this.#ask(`${domain}.enable`);
    await this.#ask('Runtime.addBinding', { name: 'tell' });
    await this.#ask('Page.addScriptToEvaluateOnNewDocument', { source: EYES });
  }

  /** Begins a new list of deeds. */
  forget(): void {
    this.deeds = { requests: [], ran: [], refused: [] };
  }

  /** Opens an address, until its scripts were loaded. */
  async open(url: string): Promise<void> {
    this.#loaded = Promise.withResolvers();
    const { loaderId } = await this.#ask('Page.navigate', { url });
    // Another place of the same document loads nothing.
    if (loaderId !== undefined) await this.#loaded.promise;
  }

  /** Does something that leads to another document, until that was loaded. */
  async leave(expression: string): Promise<void> {
    this.#loaded = Promise.withResolvers();
    await this.value(expression);
    await this.#loaded.promise;
  }

  /** What an expression gives in the page, promises being waited for. */
  async value<T>(expression: string): Promise<T> {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#ask('Runtime.evaluate', asked);
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { readonly value: T }).value;
  }

  /** Waits until an expression holds in the document as it is then. */
  until<T>(expression: string): Promise<T> {
    return this.value(`(${ONCE})(() => (${expression}))`);
  }

  hear({ method, params = {} }: Message): void {
    const { requests, ran, refused } = this.deeds;
    if (method === 'Page.loadEventFired') this.#loaded.resolve();
    else if (method === 'Network.requestWillBeSent')
      requests.push((params['request'] as { readonly url: string }).url);
    else if (method === 'Page.javascriptDialogOpening') {
      ran.push(`a dialog: ${params['message']}`);
      void this.#ask('Page.handleJavaScriptDialog', { accept: false });
    } else if (method === 'Runtime.exceptionThrown') ran.push(JSON.stringify(params['exceptionDetails']));
    else if (method === 'Runtime.bindingCalled') {
      const told = JSON.parse(String(params['payload'])) as {
        readonly ran?: string;
        readonly refused?: string;
      };
      if (told.ran !== undefined) ran.push(told.ran);
      if (told.refused !== undefined) refused.push(told.refused);
    }
  }
}

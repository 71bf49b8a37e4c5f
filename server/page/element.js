/**
 * Makes an element. Children are elements or text: nothing that was stored is ever read as HTML.
 * @param {string} tag with classes: `td.number`
 * @param {Record<string, unknown>} properties attributes; functions are listeners
 * @param {...(Node | string | null)} children
 */
export function element(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name);
  if (classes.length > 0) made.classList.add(...classes);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Puts children in place of those that are there, if anything about them has changed. */
export function place(parent, ...children) {
  const fresh = element('div', {}, ...children);
  if (fresh.innerHTML === parent.innerHTML) return;
  parent.replaceChildren(...fresh.childNodes);
}

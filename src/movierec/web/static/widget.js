// <movierec-similar title="Heat (1995)" k="6">: "more like this" in the page of any site, from this
// server, which renders the list. What is inside the element is shown until it is there, or if it
// cannot be had.

const HOME = new URL(".", import.meta.url);
const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; container-type: inline-size; }
  h2 { margin: 0 0 .5em; font-size: 1.25em; }
  ol {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(var(--movierec-cover-width, 8em), 44cqi), 1fr));
    gap: 1em;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  img { display: block; width: 100%; height: auto; aspect-ratio: 2 / 3; border-radius: .25em; background: #8883; }
  a { display: block; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
  a:hover, a:focus-visible { text-decoration: underline; }
  a:focus-visible { outline: 3px solid; outline-offset: 2px; }
  span { display: block; margin-top: .5em; line-height: 1.3; }
`);

class MovierecSimilar extends HTMLElement {
  static observedAttributes = ["src", "film", "title", "k", "heading"];
  #asking = new AbortController();

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [STYLE];
    this.#put(document.createElement("slot"));
  }

  connectedCallback() {
    this.#show();
  }

  disconnectedCallback() {
    this.#asking.abort();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#show();
  }

  #put(...content) {
    this.shadowRoot.replaceChildren(...content);
  }

  async #show() {
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    try {
      const list = await this.#list(signal);
      const heading = document.createElement("h2");
      heading.textContent = this.getAttribute("heading") ?? "More like this";
      this.#put(heading, list);
      this.#tell("movierec-shown");
    } catch (error) {
      if (signal.aborted) return; // another question followed
      this.#put(document.createElement("slot"));
      this.#tell("movierec-error", error.message);
    }
  }

  async #list(signal) {
    await null; // attributes that are set one after the other are one question
    signal.throwIfAborted();
    const home = new URL(this.getAttribute("src") ?? HOME, document.baseURI);
    const address = new URL("widget", home);
    for (const [name, attribute] of [["id", "film"], ["title", "title"], ["k", "k"]]) {
      if (this.hasAttribute(attribute)) address.searchParams.set(name, this.getAttribute(attribute));
    }
    const answer = await fetch(address, { signal, credentials: "omit", referrerPolicy: "no-referrer" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = answer.ok && page.querySelector("ol.movierec");
    if (!list) throw new Error(page.querySelector("h1")?.textContent ?? answer.statusText);
    for (const link of list.querySelectorAll("a")) link.href = new URL(link.getAttribute("href"), home);
    for (const cover of list.querySelectorAll("img")) cover.src = new URL(cover.getAttribute("src"), home);
    return list;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

customElements.define("movierec-similar", MovierecSimilar);

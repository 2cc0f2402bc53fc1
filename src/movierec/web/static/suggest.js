// A search box that suggests films while one types: the combobox pattern of the ARIA practices.
// Without this file the form around it works as it is.

const WAIT = 150; // milliseconds without a key before it asks
const LENGTH = 8;

function suggest(input) {
  const list = document.createElement("ul");
  const status = document.createElement("p");
  let asking = new AbortController();
  let timer;

  const options = () => [...list.children];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function prepare() {
    list.id = `${input.id}-suggestions`;
    list.role = "listbox";
    list.ariaLabel = "Films";
    list.hidden = true;
    status.role = "status";
    status.className = "unseen";
    input.after(list, status);
    input.role = "combobox";
    input.ariaAutoComplete = "list";
    input.ariaExpanded = "false";
    input.setAttribute("aria-controls", list.id);
  }

  function close() {
    clearTimeout(timer);
    asking.abort();
    list.hidden = true;
    input.ariaExpanded = "false";
    input.removeAttribute("aria-activedescendant");
  }

  function option(film, place) {
    const item = document.createElement("li");
    item.id = `${list.id}-${place}`;
    item.role = "option";
    item.ariaSelected = "false";
    item.textContent = film.title;
    item.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
    item.addEventListener("click", () => choose(film));
    item.film = film;
    return item;
  }

  function show({ films, suggestions }) {
    const found = films.length ? films : suggestions;
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.ariaExpanded = String(!list.hidden);
    input.removeAttribute("aria-activedescendant");
    status.textContent = found.length ? `${found.length} films` : "no film";
  }

  async function ask() {
    asking = new AbortController();
    const address = `${input.dataset.suggest}?${new URLSearchParams({ q: input.value, limit: LENGTH })}`;
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (answer.ok) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close(); // the server is gone: the form says so when it is sent
    }
  }

  // Whoever wants something else of a film stops the event.
  function choose(film) {
    close();
    const event = new CustomEvent("film", { detail: film, bubbles: true, cancelable: true });
    if (input.dispatchEvent(event)) {
      location.assign(`${input.dataset.film}?${new URLSearchParams({ id: film.movie_id })}`);
    }
  }

  function move(step) {
    const all = options();
    const place = all.indexOf(chosen());
    const next = all[(place + step + all.length + (place < 0 && step < 0)) % all.length];
    chosen()?.setAttribute("aria-selected", "false");
    next.ariaSelected = "true";
    next.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", next.id);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asking.abort();
    if (input.value.trim()) timer = setTimeout(ask, WAIT);
    else close();
  });

  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen()) choose(chosen().film);
    else return;
    event.preventDefault();
  });

  input.addEventListener("blur", close);
  prepare();
}

// The taste page calls it again for what it puts in place of the old.
export function suggestIn(element) {
  element.querySelectorAll("input[data-suggest]").forEach(suggest);
}

suggestIn(document);

// A search box that suggests movies as you type, after the combobox pattern of the ARIA practices.
// Without this script, the form around it still works. An input may find movies by itself: `find`.

const WAIT = 150; // milliseconds after the last key before it asks the server

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
    list.ariaLabel = "Movies";
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

  function option(movie, place) {
    const item = document.createElement("li");
    item.id = `${list.id}-${place}`;
    item.role = "option";
    item.ariaSelected = "false";
    item.append(movie.name);
    if (movie.year) {
      const year = document.createElement("small");
      year.textContent = ` ${movie.year}`;
      item.append(year);
    }
    item.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus in the box
    item.addEventListener("click", () => choose(movie));
    item.movie = movie;
    return item;
  }

  function show(found) {
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    input.ariaExpanded = String(!list.hidden);
    input.removeAttribute("aria-activedescendant");
    status.textContent = found.length === 1 ? "1 movie" : `${found.length || "no"} movies`;
  }

  async function ask() {
    if (input.find) return show(input.find(input.value));
    asking = new AbortController();
    const address = `${input.dataset.suggest}?${new URLSearchParams({ q: input.value })}`;
    try {
      const answer = await fetch(address, { signal: asking.signal });
      if (answer.ok) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close(); // the server is gone; submitting the form will show that
    }
  }

  // A page that wants something other than the movie's page cancels the event.
  function choose(movie) {
    close();
    const event = new CustomEvent("movie", { detail: movie, bubbles: true, cancelable: true });
    if (input.dispatchEvent(event)) location.assign(movie.address);
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
    else if (event.key === "Enter" && chosen()) choose(chosen().movie);
    else return;
    event.preventDefault();
  });

  input.addEventListener("blur", close);
  prepare();
}

// The taste page calls this again for the content it replaces.
export function suggestIn(element) {
  element.querySelectorAll("input[data-suggest]").forEach(suggest);
}

suggestIn(document);

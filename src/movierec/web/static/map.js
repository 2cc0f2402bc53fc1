// The page of the map: its controls, the card of a movie, and what is in the address.
// It runs in the web app, which it asks for data, and in an exported page, which has all of it.

import { suggestIn } from "./suggest.js";
import { Films } from "./map-data.js";
import { View } from "./map-view.js";

const RATINGS = "movierec.ratings"; // a list of [id, title, rating], kept by the taste page
const N_NEAREST = 10;

const root = document.getElementById("map");

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(label, act, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

class MapPage {
  constructor(data) {
    this.films = new Films(data);
    this.canvas = element("canvas", {
      tabindex: 0, role: "application", "aria-roledescription": "map",
      "aria-label": "Map of movies. Arrows move, plus and minus zoom, 0 shows all, Enter takes the movie in the middle.",
    });
    this.card = element("section", { class: "map-card", "aria-live": "polite", "aria-label": "Movie", hidden: "" });
    this.legend = element("div", { class: "map-legend", role: "group", "aria-label": "Show only" });
    const stage = element("div", { class: "map-stage" }, this.canvas, this.#zooming(), this.card);
    root.replaceChildren(this.#controls(), stage, this.legend);
    this.view = new View(this.canvas, this.films, { choose: (item) => this.choose(item) });
    root.view = this.view; // for tests
    suggestIn(root);
    this.color("genre");
    this.#light();
    addEventListener("storage", () => this.#light());
    addEventListener("hashchange", () => this.#goToAddress());
    this.#goToAddress();
  }

  #controls() {
    const box = element("input", {
      id: "find", type: "search", maxlength: 500, autocomplete: "off", spellcheck: "false",
      placeholder: "Find a movie on the map", "aria-label": "Find a movie on the map", "data-suggest": "",
    });
    box.find = (text) => this.films.find(text).map((item) => ({
      item, name: this.films.films.title[item], year: this.films.films.year[item],
    }));
    box.addEventListener("movie", (event) => {
      event.preventDefault();
      box.value = "";
      this.goTo(event.detail.item);
      this.canvas.focus({ preventScroll: true });
    });
    const form = element("form", { class: "combobox", role: "search" }, box);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [item] = this.films.find(box.value);
      if (item !== undefined) this.goTo(item);
    });
    const select = element("select", { "aria-label": "Color by" },
      ...["genre", "decade", "rating"].map((by) => element("option", { value: by }, `by ${by}`)));
    select.addEventListener("change", () => this.color(select.value));
    this.gem = button("Hidden gem", () => this.nextGem(), { title: "Fly to a movie that few people rated, but highly" });
    return element("div", { class: "map-controls" }, form, select, this.gem);
  }

  #zooming() {
    return element("div", { class: "map-zoom" },
      button("+", () => this.view.zoom(1.7), { "aria-label": "Zoom in" }),
      button("−", () => this.view.zoom(1 / 1.7), { "aria-label": "Zoom out" }),
      button("⤢", () => this.view.fly(0.5, 0.5, 1), { "aria-label": "Show all" }));
  }

  color(by) {
    const groups = this.films.groups(by);
    this.view.only = null;
    this.legend.replaceChildren(...groups.map((group) => this.#chip(group)));
    this.view.color(groups);
  }

  #chip(group) {
    const dot = element("canvas", { width: 12, height: 12, "aria-hidden": "true" });
    const paint = () => {
      const ink = dot.getContext("2d");
      ink.clearRect(0, 0, 12, 12);
      ink.fillStyle = group.color(this.view.dark.matches);
      ink.arc(6, 6, 5, 0, 7);
      ink.fill();
    };
    paint();
    this.view.dark.addEventListener("change", paint);
    const chip = button("", () => {
      this.view.only = this.view.only === group.name ? null : group.name;
      for (const other of this.legend.children) other.ariaPressed = String(other === chip && this.view.only !== null);
      this.view.draw();
    }, { "aria-pressed": "false" });
    chip.append(dot, group.name);
    return chip;
  }

  nextGem() {
    const { gems } = this.films;
    if (!gems.length) return;
    this.shown ??= new Set();
    const fresh = gems.filter((item) => !this.shown.has(item) && !this.view.lights.has(item));
    const item = fresh.find(this.view.inSight()) ?? fresh[0] ?? gems[0];
    this.shown.add(item);
    this.view.gems = gems;
    this.goTo(item);
  }

  goTo(item) {
    this.view.flyTo(item);
    this.choose(item);
  }

  async choose(item) {
    this.view.chosen = item;
    this.view.lines = [];
    this.card.hidden = item === null;
    const address = item === null ? location.pathname + location.search : `#${encodeURIComponent(this.films.films.movie_id[item])}`;
    try {
      history.replaceState(null, "", address);
    } catch {
      // a page of a file may not change its address
    }
    if (item === null) return this.view.draw();
    this.#fill(item, null);
    const nearest = await this.#nearest(item);
    if (this.view.chosen !== item) return undefined; // another was chosen in the meantime
    this.#fill(item, nearest);
    this.view.lines = nearest ?? [];
    return this.view.draw();
  }

  // The nearest movies in the model; null if the server does not answer.
  async #nearest(item) {
    const { neighbors, films, items } = this.films;
    if (neighbors) return neighbors[item];
    try {
      const asked = new URLSearchParams({ id: films.movie_id[item], k: N_NEAREST });
      const answer = await fetch(`${root.dataset.similar}?${asked}`);
      if (!answer.ok) return answer.status < 500 ? [] : null;
      const found = (await answer.json()).neighbors;
      return found.map(({ movie_id: id }) => items.get(String(id))).filter((other) => other !== undefined);
    } catch {
      return null;
    }
  }

  #fill(item, nearest) {
    const { films } = this.films;
    const [mean, count] = [films.mean_rating[item], films.n_ratings[item]];
    const people = count === null ? "few ratings" : `${count.toLocaleString("en")} rating${count === 1 ? "" : "s"}`;
    const facts = [films.year[item] ?? "year unknown", ...this.films.genresOf(item)].join(" · ");
    const list = (nearest ?? []).map((other) => element("li", {}, button(this.films.name(other), () => this.goTo(other))));
    this.card.replaceChildren(
      button("×", () => { this.choose(null); this.canvas.focus({ preventScroll: true }); }, { class: "map-close", "aria-label": "Close" }),
      element("h2", { dir: "auto" }, films.title[item]),
      element("p", { class: "about" }, facts),
      element("p", { class: "about" }, mean === null ? people : `★ ${mean.toFixed(1)} from ${people}`),
      ...(root.dataset.film ? [element("p", {}, element("a", { href: this.#address(item) }, "More about it"))] : []),
      ...(list.length ? [element("h3", {}, "Nearest"), element("ul", {}, ...list)] : []),
    );
  }

  #address(item) {
    const id = String(this.films.films.movie_id[item]);
    const isPlain = /^(?!\.)[\p{L}\p{N}_.~-]+$/u.test(id);
    return isPlain ? `${root.dataset.film}/${encodeURIComponent(id)}` : `${root.dataset.film}?${new URLSearchParams({ id })}`;
  }

  #light() {
    let rows = [];
    try {
      rows = JSON.parse(localStorage.getItem(RATINGS)) ?? [];
    } catch {
      // not written by the taste page, or storage is disabled
    }
    const mine = [];
    for (const [id, , rating] of Array.isArray(rows) ? rows.filter(Array.isArray) : []) {
      const item = this.films.items.get(String(id));
      if (item !== undefined && Number.isFinite(Number(rating))) mine.push([item, Number(rating)]);
    }
    const ratings = mine.map(([, rating]) => rating);
    const [low, high] = [Math.min(...ratings, 1), Math.max(...ratings, 5)];
    this.view.lights = new Map(mine.map(([item, rating]) => [item, (rating - low) / (high - low)]));
    this.view.draw();
  }

  #goToAddress() {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      // not an address of ours
    }
    const item = this.films.items.get(id);
    if (item !== undefined && item !== this.view.chosen) this.goTo(item);
  }
}

async function data() {
  const inline = document.getElementById("map-data");
  if (inline) return JSON.parse(inline.textContent);
  const answer = await fetch(root.dataset.source);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

data().then((found) => new MapPage(found)).catch((error) => {
  root.append(element("p", { class: "note", role: "status" }, "The map could not be loaded. Reload the page to try again."));
  throw error;
});

// What the map shows: places, colors, search and hidden gems, computed once from its document.

const N_COLORS = 12; // genres that have one, as in maps/palette.py
const DECADES = [1920, 1930, 1940, 1950, 1960, 1970, 1980, 1990, 2000, 2010, 2020];
const STARS = [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]; // of ten, in halves of the highest mean
const N_GEMS = 120;
const GRID = 192; // cells a side of the land

const oklch = (lightness, chroma, hue) => `oklch(${lightness} ${chroma} ${hue})`;
const ramp = (at, dark) => oklch((dark ? 0.5 : 0.4) + 0.36 * at, 0.14, 290 - 210 * at);
export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export class Films {
  constructor(document) {
    const { films, genres, regions, highest, neighbors } = document;
    Object.assign(this, { films, genres, neighbors, n: films.title.length });
    this.x = Float32Array.from(films.x, (x) => x / highest);
    this.y = Float32Array.from(films.y, (y) => y / highest);
    this.regions = regions.map((region) => ({ ...region, x: region.x / highest, y: region.y / highest }));
    this.fame = this.#fame();
    this.order = Uint32Array.from(films.title.keys()).sort((a, b) => this.fame[b] - this.fame[a] || a - b);
    this.items = new Map(films.movie_id.map((id, item) => [String(id), item]));
  }

  #fame() {
    const logs = Float32Array.from(this.films.n_ratings, (n) => Math.log1p(n ?? 0));
    const most = logs.reduce((a, b) => Math.max(a, b), 1);
    return logs.map((log) => log / most);
  }

  name(item) {
    const year = this.films.year[item];
    return this.films.title[item] + (year ? ` (${year})` : "");
  }

  genresOf(item) {
    return this.films.genres[item].map((number) => this.genres[number]);
  }

  // The groups of a coloring, each with a name, its color on both grounds, and the films in it.
  groups(by) {
    return { genre: () => this.#byGenre(), decade: () => this.#byDecade(), rating: () => this.#byRating() }[by]();
  }

  #byGenre() {
    const counts = this.genres.map(() => 0);
    for (const of of this.films.genres) for (const genre of of) counts[genre] += 1;
    const colored = [...counts.keys()].filter((genre) => counts[genre]);
    colored.sort((a, b) => counts[b] - counts[a] || a - b).splice(N_COLORS);
    const place = this.genres.map((_, genre) => colored.indexOf(genre));
    // A film has the color of its rarest genre, which says most.
    const of = this.films.genres.map((genres) => Math.max(-1, ...genres.map((genre) => place[genre])));
    const color = (number, dark) =>
      oklch(dark ? (number % 2 ? 0.8 : 0.7) : number % 2 ? 0.62 : 0.52, 0.13, (360 / N_COLORS) * number + 20);
    return this.#grouped(colored.map((genre) => this.genres[genre]), of, color);
  }

  #byDecade() {
    const of = this.films.year.map((year) => (year ? Math.min(Math.max(Math.floor(year / 10) - 192, 0), 10) : -1));
    const names = DECADES.map((decade, place) => (place ? `${decade}s` : "to 1929"));
    return this.#grouped(names, of, (number, dark) => ramp(number / 10, dark));
  }

  #byRating() {
    const best = this.films.mean_rating.reduce((a, b) => Math.max(a, b ?? 0), 1);
    const unit = best > 5.5 ? 2 : 1; // scales to ten, or to five
    const of = this.films.mean_rating.map((mean) =>
      mean === null ? -1 : Math.max(STARS.findLastIndex((stars) => stars * unit <= mean), 0));
    const names = STARS.map((stars, place) => (place ? `★ ${stars * unit}` : `below ★ ${STARS[1] * unit}`));
    return this.#grouped(names, of, (number, dark) => ramp(number / 7, dark));
  }

  #grouped(names, of, color) {
    const groups = [...names, "other"].map((name, number) => ({ name, films: [], number }));
    for (const item of this.order) groups[of[item] < 0 ? names.length : of[item]].films.push(item);
    for (const group of groups) {
      const other = group.number === names.length;
      group.color = (dark) => (other ? oklch(dark ? 0.62 : 0.66, 0.015, 70) : color(group.number, dark));
    }
    return groups.filter((group) => group.films.length);
  }

  // Films whose titles have all words, best known first; those that begin with the text come first.
  find(text, most = 8) {
    this.folded ??= this.films.title.map(fold);
    const whole = fold(text.trim());
    const words = whole.split(/\s+/);
    const found = [[], []];
    for (const item of this.order) {
      const title = `${this.folded[item]} ${this.films.year[item] ?? ""}`;
      if (words.every((word) => title.includes(word))) found[title.startsWith(whole) ? 0 : 1].push(item);
      if (found[0].length >= most) break;
    }
    return found.flat().slice(0, most);
  }

  // Films that few people rated, but highly: as on the shelf of hidden gems.
  get gems() {
    return (this.found ??= this.#gems());
  }

  #gems() {
    const { n_ratings: counts, mean_rating: means } = this.films;
    const rated = [...counts.keys()].filter((item) => counts[item] && means[item] !== null);
    const total = rated.reduce((sum, item) => sum + counts[item], 0);
    const usual = total / Math.max(rated.length, 1);
    const mean = rated.reduce((sum, item) => sum + counts[item] * means[item], 0) / Math.max(total, 1);
    const score = (item) => (counts[item] * means[item] + (usual / 2) * mean) / (counts[item] + usual / 2);
    const scores = new Map(rated.filter((item) => counts[item] <= Math.max(usual / 2, 5)).map((item) => [item, score(item)]));
    return [...scores.keys()].sort((a, b) => scores.get(b) - scores.get(a) || a - b).slice(0, N_GEMS);
  }

  // How many films lie around each cell, blurred, from 0 to 1.
  land() {
    let cells = new Float32Array(GRID * GRID);
    const cell = (value) => Math.round(8 + value * (GRID - 17));
    for (let item = 0; item < this.n; item += 1) cells[cell(this.y[item]) * GRID + cell(this.x[item])] += 1;
    for (let pass = 0; pass < 3; pass += 1) cells = blurred(blurred(cells, 1), GRID);
    const high = Float32Array.from(cells).sort()[Math.floor(cells.length * 0.98)] || 1;
    return { heights: cells.map((height) => Math.min(height / high, 1)), size: GRID, margin: 8 };
  }
}

function blurred(cells, step) {
  const next = new Float32Array(cells.length);
  for (let at = 3 * step; at < cells.length - 3 * step; at += 1) {
    for (let away = -3; away <= 3; away += 1) next[at] += cells[at + away * step] / 7;
  }
  return next;
}

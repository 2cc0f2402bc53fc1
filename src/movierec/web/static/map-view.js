// Draws the map on a canvas and moves over it: by pointer, fingers, wheel and keys.

const CLOSEST = 400; // times the size at which all of the map is seen
const STILL = 140; // milliseconds after the last move until all points are drawn
const FEWER = 9000; // points that are drawn while the map moves
const FLIGHT = 800; // milliseconds
const LETTERS = [22, 16, 13]; // pixels, of the names of regions by level
const UNTIL = [3.2, 9, Infinity]; // times nearer, until which names of a level are shown
const FROM = [0, 1.7, 3.6]; // times nearer, from which
const NARROW = 600; // pixels
const TITLED = 500; // films in sight, up to which titles are shown

export class View {
  constructor(canvas, films, { choose }) {
    Object.assign(this, { canvas, films, choose });
    this.ink = canvas.getContext("2d");
    this.center = { x: 0.5, y: 0.5 };
    this.near = 1; // 1 shows all
    this.chosen = null;
    this.lines = [];
    this.lights = new Map(); // of own ratings: from 0, lowest, to 1
    this.gems = [];
    this.only = null; // the name of the group that is not dimmed
    this.pointers = new Map();
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.dark.addEventListener("change", () => this.restyle());
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.#listen();
  }

  color(groups) {
    this.groups = groups;
    this.draw();
  }

  restyle() {
    const style = getComputedStyle(this.canvas);
    const token = (name) => style.getPropertyValue(`--${name}`).trim();
    this.tokens = Object.fromEntries(["sea", "land", "hill", "text", "accent", "light", "halo"].map((name) => [name, token(name)]));
    this.fonts = { display: token("display"), body: token("body") };
    this.ground = this.#ground();
    this.draw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const dense = Math.min(devicePixelRatio || 1, 2);
    Object.assign(this, { width, height, dense });
    this.canvas.width = Math.max(1, width * dense);
    this.canvas.height = Math.max(1, height * dense);
    this.restyle();
  }

  get scale() {
    return Math.min(this.width, this.height) * 0.94 * this.near;
  }

  at(item) {
    return this.place(this.films.x[item], this.films.y[item]);
  }

  place(x, y) {
    return [(x - this.center.x) * this.scale + this.width / 2, (y - this.center.y) * this.scale + this.height / 2];
  }

  // The film under a place of the canvas, if one is near enough to be meant.
  filmAt(left, top, reach) {
    let best = null;
    let nearest = reach * reach;
    for (let item = 0; item < this.films.n; item += 1) {
      const [x, y] = this.at(item);
      const away = (x - left) ** 2 + (y - top) ** 2 - this.films.fame[item] * 9;
      if (away < nearest) [best, nearest] = [item, away];
    }
    return best;
  }

  inSight() {
    return (item) => {
      const [x, y] = this.at(item);
      return x > 0 && y > 0 && x < this.width && y < this.height;
    };
  }

  // -- moving

  zoom(times, left = this.width / 2, top = this.height / 2) {
    const before = this.scale;
    this.near = Math.min(Math.max(this.near * times, 0.8), CLOSEST);
    const change = 1 / before - 1 / this.scale;
    this.pan((this.width / 2 - left) * change * this.scale, (this.height / 2 - top) * change * this.scale);
  }

  pan(right, down) {
    this.flight = null;
    const within = (value) => Math.min(Math.max(value, 0), 1);
    this.center = { x: within(this.center.x - right / this.scale), y: within(this.center.y - down / this.scale) };
    this.moved();
  }

  moved() {
    this.moving = true;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.moving = false;
      this.draw();
    }, STILL);
    this.draw();
  }

  fly(x, y, near) {
    const from = { ...this.center, near: this.near };
    const way = Math.hypot(x - from.x, y - from.y);
    const start = performance.now();
    const step = (now) => {
      if (this.flight !== step) return;
      const done = this.calm.matches ? 1 : Math.min((now - start) / FLIGHT, 1);
      const eased = done * done * (3 - 2 * done);
      // A long way is seen from above.
      const up = 1 + 4 * way * Math.sin(Math.PI * eased) * Math.min(from.near, near);
      this.near = Math.max(from.near ** (1 - eased) * near ** eased / Math.max(up ** 0.5, 1), 0.8);
      this.center = { x: from.x + (x - from.x) * eased, y: from.y + (y - from.y) * eased };
      this.moved();
      if (done < 1) requestAnimationFrame(step);
      else this.flight = null;
    };
    this.flight = step;
    requestAnimationFrame(step);
  }

  flyTo(item) {
    const near = Math.max(this.near, this.#nearFor());
    const card = this.width < NARROW ? 0.23 * this.height : 0; // the card takes the lower half
    this.fly(this.films.x[item], this.films.y[item] + card / (this.scale / this.near * near), near);
  }

  // So near that some fifty films are in sight.
  #nearFor() {
    return Math.min(Math.max(Math.sqrt(this.films.n / 60), 2), 60);
  }

  #listen() {
    const { canvas, pointers } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, this.#point(event));
      this.dragged = pointers.size > 1;
    });
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => {
      const [x, y] = this.#point(event);
      if (pointers.has(event.pointerId) && !this.dragged) this.choose(this.filmAt(x, y, event.pointerType === "mouse" ? 12 : 24));
      pointers.delete(event.pointerId);
    });
    canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.#hover(null));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 20 : 1;
      this.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), ...this.#point(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    const now = this.#point(event);
    if (!before) return this.#hover(this.filmAt(...now, 12));
    const [right, down] = [now[0] - before[0], now[1] - before[1]];
    if (!this.dragged && Math.hypot(right, down) < 6) return undefined; // a finger is never still
    this.dragged = true;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (!other) return this.pan(right, down);
    const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    this.pan(right / 2, down / 2);
    return this.zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  #hover(item) {
    if (item === this.hovered) return;
    this.hovered = item;
    this.canvas.classList.toggle("over", item !== null);
    this.draw();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 80;
    const act = {
      ArrowLeft: () => this.pan(step, 0),
      ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step),
      ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoom(1.5),
      "=": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5),
      0: () => this.fly(0.5, 0.5, 1),
      Enter: () => this.choose(this.filmAt(this.width / 2, this.height / 2, Infinity)),
      Escape: () => this.choose(null),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // -- drawing

  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.groups && this.width) this.#drawNow();
    });
  }

  #drawNow() {
    const { ink, dense, width, height } = this;
    ink.setTransform(dense, 0, 0, dense, 0, 0);
    ink.fillStyle = this.tokens.sea;
    ink.fillRect(0, 0, width, height);
    this.#drawLand();
    this.#drawPoints();
    this.#drawLines();
    this.#drawLights();
    this.#drawNames();
  }

  // Hills of the density, lit from the upper left.
  #ground() {
    const { heights, size, margin } = this.films.land();
    const picture = new OffscreenCanvas(size, size);
    const ink = picture.getContext("2d", { willReadFrequently: true });
    const pixels = ink.createImageData(size, size);
    const [land, hill] = [this.#rgb(ink, this.tokens.land), this.#rgb(ink, this.tokens.hill)];
    for (let at = size + 1; at < heights.length - size - 1; at += 1) {
      const height = heights[at];
      const slope = (heights[at + size + 1] - heights[at - size - 1]) * 1.2;
      for (let part = 0; part < 3; part += 1) {
        const mixed = land[part] + (hill[part] - land[part]) * Math.sqrt(height);
        pixels.data[at * 4 + part] = mixed * (1 + Math.min(Math.max(slope, -0.1), 0.1));
      }
      pixels.data[at * 4 + 3] = 255 * Math.min(Math.max((height - 0.012) * 45, 0), 1);
    }
    ink.putImageData(pixels, 0, 0);
    return { picture, size, margin };
  }

  #rgb(ink, color) {
    ink.fillStyle = color;
    ink.fillRect(0, 0, 1, 1);
    return ink.getImageData(0, 0, 1, 1).data;
  }

  #drawLand() {
    const { picture, size, margin } = this.ground;
    const cell = 1 / (size - 2 * margin - 1);
    const [left, top] = this.place(-(margin + 0.5) * cell, -(margin + 0.5) * cell);
    this.ink.imageSmoothingQuality = this.moving ? "low" : "high";
    this.ink.drawImage(picture, left, top, size * cell * this.scale, size * cell * this.scale);
  }

  #drawPoints() {
    const { ink, films } = this;
    const size = Math.min(Math.max((this.near ** 0.45 * 34) / Math.sqrt(films.n / 20), 0.9), 5.5);
    const most = this.moving ? Math.max(FEWER * Math.sqrt(this.near), FEWER) / films.n : 1;
    for (const group of this.groups) {
      ink.fillStyle = group.color(this.dark.matches);
      ink.globalAlpha = this.only && this.only !== group.name ? 0.08 : this.lines.length ? 0.45 : 0.9;
      this.#drawSome(group.films, Math.ceil(group.films.length * Math.min(most, 1)), size);
    }
    ink.globalAlpha = 1;
  }

  #drawSome(items, n, size) {
    const { ink, films, scale, width, height } = this;
    const [right, down] = [width / 2 - this.center.x * scale, height / 2 - this.center.y * scale];
    if (size > 1.7) ink.beginPath();
    for (let number = n - 1; number >= 0; number -= 1) {
      const item = items[number];
      const x = films.x[item] * scale + right;
      const y = films.y[item] * scale + down;
      if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
      const radius = size * (0.55 + 0.75 * films.fame[item]);
      if (size > 1.7) {
        ink.moveTo(x + radius, y);
        ink.arc(x, y, radius, 0, 7);
      } else ink.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    }
    if (size > 1.7) ink.fill();
  }

  #drawLines() {
    if (this.chosen === null) return;
    const { ink } = this;
    const [x, y] = this.at(this.chosen);
    ink.strokeStyle = this.tokens.accent;
    ink.lineWidth = 1.5;
    ink.beginPath();
    for (const item of this.lines) {
      ink.moveTo(x, y);
      ink.lineTo(...this.at(item));
    }
    ink.stroke();
    for (const item of this.lines) this.#disc(item, 4.5, this.tokens.accent);
    this.#disc(this.chosen, 8, this.tokens.accent);
  }

  #disc(item, radius, color) {
    const { ink } = this;
    const [x, y] = this.at(item);
    ink.beginPath();
    ink.arc(x, y, radius, 0, 7);
    ink.fillStyle = color;
    ink.fill();
    ink.lineWidth = 1.5;
    ink.strokeStyle = this.tokens.sea;
    ink.stroke();
  }

  #drawLights() {
    const { ink } = this;
    for (const [item, rating] of this.lights) {
      const [x, y] = this.at(item);
      const reach = 10 + 16 * rating;
      const glow = ink.createRadialGradient(x, y, 1, x, y, reach);
      glow.addColorStop(0, this.tokens.light);
      glow.addColorStop(1, "transparent");
      ink.globalAlpha = 0.35 + 0.5 * rating;
      ink.fillStyle = glow;
      ink.fillRect(x - reach, y - reach, 2 * reach, 2 * reach);
      ink.globalAlpha = 1;
      this.#disc(item, 3 + 2 * rating, this.tokens.light);
    }
    for (const item of this.gems) this.#gem(...this.at(item));
  }

  #gem(x, y) {
    const { ink } = this;
    ink.beginPath();
    ink.moveTo(x, y - 7);
    ink.lineTo(x + 5, y);
    ink.lineTo(x, y + 7);
    ink.lineTo(x - 5, y);
    ink.closePath();
    ink.fillStyle = this.tokens.light;
    ink.fill();
    ink.lineWidth = 1.2;
    ink.strokeStyle = this.tokens.text;
    ink.stroke();
  }

  // Names in the order of their weight, each only where it covers no other.
  #drawNames() {
    this.names = []; // what is shown, which tests read
    this.boxes = this.#covered();
    const { ink, films, near } = this;
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    ink.lineJoin = "round";
    const small = this.width < NARROW ? 0.8 : 1;
    const told = [this.chosen, this.hovered, ...this.lines].filter((item) => item !== null && item !== undefined);
    for (const item of told) this.#title(item, item === this.chosen ? 15 : 13, true);
    for (const { name, x, y, level } of films.regions) {
      if (near < FROM[level] || near >= UNTIL[level]) continue;
      const grown = level < 2 ? 1 : Math.min(near / 6, 1.3);
      this.#name(name, ...this.place(x, y), Math.max(LETTERS[level] * small * grown, 12), this.fonts.display, "bold");
    }
    const visible = films.order.filter(this.inSight());
    if (visible.length > TITLED) return;
    for (const item of visible.subarray(0, 220)) this.#title(item, 12, false);
  }

  // Where controls and the card lie on the map.
  #covered() {
    const over = this.canvas.parentElement.querySelectorAll(".map-zoom, .map-card:not([hidden])");
    return Array.from(over, ({ offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height }) =>
      [left, top, left + width, top + height]);
  }

  #title(item, size, always) {
    const [x, y] = this.at(item);
    const full = this.films.films.title[item];
    const title = full.length > 42 ? `${full.slice(0, 40).trimEnd()}…` : full;
    this.#name(title, x, y + size + 3, size, this.fonts.body, always ? "600" : "400");
  }

  #name(name, x, y, size, font, weight) {
    if (x < 0 || y < 0 || x > this.width || y > this.height) return;
    const { ink } = this;
    ink.font = `${weight} ${size}px ${font}`;
    const half = ink.measureText(name).width / 2 + 5;
    // Keep names whole at the sides.
    const middle = Math.min(Math.max(x, half), Math.max(this.width - half, half));
    const box = [middle - half, y - size * 0.62, middle + half, y + size * 0.62];
    if (this.boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return;
    this.boxes.push(box);
    this.names.push(name);
    ink.lineWidth = 4;
    ink.strokeStyle = this.tokens.halo;
    ink.strokeText(name, middle, y);
    ink.fillStyle = this.tokens.text;
    ink.fillText(name, middle, y);
  }
}

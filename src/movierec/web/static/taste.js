// The taste page keeps what people said in this browser and shows every change at once.
// The server renders the page from the form, with or without this script; the script submits the
// form in the background and replaces the content of the page with the answer.

import { suggestIn } from "./suggest.js";
import { checked, isLink, linkOf, rowsOf } from "./taste-link.js";

// Lists of [id, title, rating], by the prefix of their fields.
const KEYS = { "": "movierec.ratings", guest_: "movierec.guest" };
const NAMES = ["id", "title", "rating"];
const WAIT = 250; // milliseconds after the last change of a rating

const form = () => document.getElementById("taste");
const highest = () => Number(form().dataset.highest);
let asking = new AbortController();
let timer;

function stored(prefix) {
  try {
    return checked(JSON.parse(localStorage.getItem(KEYS[prefix])) ?? [], highest());
  } catch {
    return []; // not written by this page, or storage is disabled
  }
}

function rowsIn(prefix) {
  const columns = NAMES.map((name) => new FormData(form()).getAll(prefix + name));
  return columns[0].map((_, row) => columns.map((column) => column[row]));
}

function store() {
  try {
    for (const prefix in KEYS) localStorage.setItem(KEYS[prefix], JSON.stringify(rowsIn(prefix)));
  } catch {
    // without storage, the ratings last as long as the page
  }
}

const fieldsOf = (prefix, rows) =>
  rows.flatMap((row) => row.map((value, place) => [prefix + NAMES[place], value]));

function tell(message) {
  form().querySelector(".told")?.remove();
  const note = document.createElement("p");
  note.className = "note told";
  note.role = "status";
  note.textContent = message;
  form().querySelector(".top").after(note);
  note.scrollIntoView({ block: "nearest" });
}

// The element that has the place of another, after the page was replaced.
function sameAs(before) {
  if (!before || before === document.body) return null;
  if (before.id) return document.getElementById(before.id);
  const { name, value } = before;
  const same = [...form().querySelectorAll("input, button")].filter((other) => name && other.name === name);
  const label = before.textContent.trim();
  return same.find((other) => other.value === value) ?? same[0]
    ?? [...form().querySelectorAll("button")].find((other) => label && other.textContent.trim() === label);
}

function replace(page) {
  const before = document.activeElement;
  const opened = new Set([...form().querySelectorAll("details[open]")].map((at) => at.className));
  const top = scrollY;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  for (const at of form().querySelectorAll("details")) at.open ||= opened.has(at.className);
  prepare();
  scrollTo(0, top);
  sameAs(before)?.focus({ preventScroll: true });
}

async function problemOf(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("main p")?.textContent ?? answer.statusText;
}

async function send(address, body) {
  asking.abort();
  clearTimeout(timer);
  const ours = (asking = new AbortController());
  try {
    const answer = await fetch(address, { method: "POST", body, signal: ours.signal });
    if (!answer.ok) {
      tell(`${await problemOf(answer)} Nothing was changed.`);
      return false;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (ours.signal.aborted) return false; // something else was changed meanwhile
    replace(page);
    return true;
  } catch (error) {
    if (error.name !== "AbortError") tell("The server did not answer. Nothing was changed.");
    return false;
  } finally {
    form().classList.remove("waiting");
  }
}

const texts = (data) => new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));

// The answer to a button would undo changes made in the meantime; that to a rating is dropped then.
async function press(address, body) {
  const main = document.querySelector("main");
  main.inert = true;
  try {
    const done = await send(address, body);
    if (done) store();
    return done;
  } finally {
    main.inert = false;
  }
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (event.target !== form() || button?.hasAttribute("data-plain")) return;
  event.preventDefault();
  const data = new FormData(form());
  if (button?.name) data.append(button.name, button.value);
  const goes = button?.getAttribute("formaction");
  const adds = !button?.name && !goes;
  const body = button?.formEnctype === "multipart/form-data" ? data : texts(data);
  if (!(await press(goes ?? form().action, body))) return;
  if (goes && goes !== location.pathname + location.search) history.pushState(null, "", goes);
  if (goes && button.formEnctype !== "multipart/form-data" && button.closest(".next, .more")) scrollTo(0, 0);
  if (adds) form().movies?.focus();
});

document.addEventListener("change", (event) => {
  const { type, files } = event.target;
  if (type === "file" && files.length) form().querySelector(".import").click();
  if (type !== "radio") return;
  clearTimeout(timer);
  asking.abort();
  timer = setTimeout(async () => {
    if (await send(form().action, texts(new FormData(form())))) store();
  }, WAIT);
});

// A digit gives that many stars.
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target.type !== "radio" || !/^[0-9]$/.test(key)) return;
  const chosen = [...form().elements[target.name]].find((other) => other.value === key);
  chosen?.focus();
  chosen?.click();
});

document.addEventListener("movie", async (event) => {
  if (event.target.form !== form()) return;
  event.preventDefault();
  event.target.value = "";
  const data = new FormData(form());
  data.append("add", event.detail.movie_id);
  await press(form().action, texts(data));
  form().movies?.focus();
});

// A link to the ratings of the person whose page it is.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-share]");
  if (!button) return;
  const link = form().querySelector(".link");
  link.value = await linkOf(rowsIn(button.dataset.share === "guest" ? "guest_" : ""));
  link.hidden = false;
  link.select();
  await navigator.clipboard?.writeText(link.value).then(() => (button.textContent = "Link copied"), () => {});
});

function ask(rows) {
  const counts = (number) => `${number} ${number === 1 ? "movie" : "movies"}`;
  const question = document.createElement("dialog");
  const text = document.createElement("p");
  const choices = document.createElement("div");
  const heading = document.createElement("h2");
  heading.textContent = "Somebody’s taste";
  const mine = rowsIn("").length;
  text.textContent = `This link holds ${counts(rows.length)}. `
    + (mine ? `You have ${counts(mine)} in this browser.` : "You have none in this browser.");
  const choice = (label, prefix, isPlain) => {
    const button = document.createElement("button");
    button.textContent = label;
    if (isPlain) button.className = "plain";
    button.addEventListener("click", () => {
      question.close();
      if (prefix !== null) take(prefix, rows);
    });
    choices.append(button);
  };
  choice("Choose together: they are my guest", "guest_");
  choice(mine ? "Replace mine with these" : "These are mine", "", mine > 0);
  choice("Leave everything as it is", null, true);
  question.className = "question";
  question.ariaLabel = "Somebody’s taste";
  question.append(heading, text, choices);
  question.addEventListener("close", () => question.remove());
  document.body.append(question);
  question.showModal();
}

function take(prefix, rows) {
  const data = [prefix, prefix ? "" : "guest_"].flatMap((each, place) =>
    fieldsOf(each, place ? rowsIn(each) : rows));
  const address = prefix ? `${location.pathname}?who=both` : location.pathname;
  press(address, new URLSearchParams(data)).then((done) => {
    if (done) history.replaceState(null, "", address);
  });
}

async function openLink() {
  if (!isLink(location.hash)) return;
  const { hash } = location;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const rows = await rowsOf(hash, highest());
    if (!rows.length) throw new Error("nothing in it");
    ask(rows);
  } catch {
    tell("This link is damaged: ask for it again. Nothing was changed.");
  }
}

function prepare() {
  suggestIn(form());
  for (const at of form().querySelectorAll("[data-share], [data-share-note]")) at.hidden = false;
}

async function restore() {
  const rows = Object.keys(KEYS).map((prefix) => fieldsOf(prefix, stored(prefix))).flat();
  if (rows.length && !form().querySelector("[name=id], [name=guest_id]")) {
    // Movies that this model lacks stay in the storage until the form changes.
    form().classList.add("waiting");
    await send(location.pathname + location.search, new URLSearchParams(rows));
  } else if (form().querySelector("[name=id], [name=guest_id]")) {
    store();
  }
}

addEventListener("popstate", () => {
  if (!isLink(location.hash)) press(location.pathname + location.search, texts(new FormData(form())));
});
addEventListener("hashchange", openLink);

for (const at of form().querySelectorAll("[data-share], [data-share-note]")) at.hidden = false;
restore().then(openLink);

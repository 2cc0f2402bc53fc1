// The taste page keeps the ratings in this browser and shows every change at once.
// The server renders the page from the form, with or without this script; the script submits the
// form in the background and replaces the content of the page with the answer.

import { suggestIn } from "./suggest.js";

const KEY = "movierec.ratings"; // a list of [id, title, rating]
const NAMES = ["id", "title", "rating"];

const form = () => document.getElementById("taste");
const selects = () => [...form().querySelectorAll("[name=rating]")];

function stored() {
  try {
    const rows = JSON.parse(localStorage.getItem(KEY)) ?? [];
    return rows.filter((row) => row.length === NAMES.length);
  } catch {
    return []; // not written by this page, or storage is disabled
  }
}

function store() {
  const columns = NAMES.map((name) => new FormData(form()).getAll(name));
  const rows = columns[0].map((_, row) => columns.map((column) => column[row]));
  try {
    localStorage.setItem(KEY, JSON.stringify(rows));
  } catch {
    // without storage, the ratings last as long as the page
  }
}

function tell(message) {
  const note = document.createElement("p");
  note.className = "note";
  note.role = "status";
  note.textContent = message;
  form().append(note);
}

async function send(fields) {
  const main = document.querySelector("main");
  main.inert = true; // the answer would undo changes made in the meantime
  try {
    const answer = await fetch(form().action, { method: "POST", body: new URLSearchParams(fields) });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceWith(page.querySelector("main"));
    suggestIn(form());
  } catch {
    tell("The server did not answer. Nothing was changed.");
  } finally {
    main.inert = false;
  }
}

function change(...more) {
  return send([...new FormData(form()), ...more]).then(store);
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  const { name, value } = event.submitter ?? {};
  change(...(name ? [[name, value]] : [])).then(() => form().movies.focus());
});

document.addEventListener("change", (event) => {
  if (event.target.name !== "rating") return;
  const place = selects().indexOf(event.target);
  change().finally(() => selects()[place].focus()); // so that the arrow keys keep working
});

document.addEventListener("movie", (event) => {
  if (event.target.form !== form()) return;
  event.preventDefault();
  event.target.value = "";
  change(["add", event.detail.movie_id]).then(() => form().movies.focus());
});

const rows = stored();
if (rows.length && !form().querySelector("[name=id]")) {
  // Movies that this model lacks stay in the storage until the form changes.
  send(rows.flatMap((row) => row.map((value, place) => [NAMES[place], value])));
} else if (form().querySelector("[name=id]")) {
  store();
}

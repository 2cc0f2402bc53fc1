// Sorts a table by a column: numbers first from the highest, text from the first letter.
for (const table of document.querySelectorAll("table.sorts")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, heads, head, column));
  });
}

function sort(table, heads, head, column) {
  const key = row => {
    const value = row.cells[column].dataset.value;
    return value === undefined ? row.cells[column].textContent : value === "" ? -Infinity : +value;
  };
  const rows = [...table.tBodies[0].rows];
  const isText = rows.some(row => typeof key(row) === "string");
  const before = head.getAttribute("aria-sort");
  const down = before === null ? !isText : before === "ascending";
  rows.sort((a, b) => {
    const order = isText ? key(a).localeCompare(key(b), "en") : key(a) - key(b) || 0;
    return down ? -order : order;
  });
  heads.forEach(each => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  table.tBodies[0].append(...rows);
}

// Paper cannot be clicked: what is folded is printed too.
const folded = () => [...document.querySelectorAll("details")];
addEventListener("beforeprint", () => folded().forEach(each => {
  each.dataset.was = each.open;
  each.open = true;
}));
addEventListener("afterprint", () => folded().forEach(each => {
  each.open = each.dataset.was === "true";
}));

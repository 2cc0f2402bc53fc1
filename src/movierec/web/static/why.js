// Open "Why?" in a panel at the side, where it does not move the list.

const panel = document.createElement("dialog");
let opener = null;

function close() {
  panel.close();
}

function prepare() {
  panel.className = "panel";
  panel.ariaLabel = "Why they are similar";
  panel.addEventListener("close", () => {
    opener.ariaExpanded = "false";
    opener.focus();
  });
  panel.addEventListener("click", (event) => {
    if (event.target === panel) close(); // beside the panel
  });
  document.body.append(panel);
}

function closeButton() {
  const button = document.createElement("button");
  button.textContent = "Close";
  button.addEventListener("click", close);
  return button;
}

async function open(link) {
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (panel.open) return; // from an earlier click
  panel.replaceChildren(closeButton(), page.querySelector(".reasons"));
  opener = link;
  link.ariaExpanded = "true";
  panel.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.why");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link).catch(() => location.assign(link.href));
});

prepare();

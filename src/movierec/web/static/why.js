// Open "Why?" in a panel at the side, where it does not move the list.
// An open panel is an entry of the history: back closes it, and coming back to it opens it again.

const panel = document.createElement("dialog");

const openerOf = (address) => document.querySelector(`a.why[href="${CSS.escape(address)}"]`);

function prepare() {
  panel.className = "panel";
  panel.ariaLabel = "Why they are similar";
  panel.addEventListener("close", closed);
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close(); // beside the panel
  });
  document.body.append(panel);
}

function closeButton() {
  const button = document.createElement("button");
  button.textContent = "Close";
  button.addEventListener("click", () => panel.close());
  return button;
}

async function show(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (panel.open) return; // from an earlier click
  panel.replaceChildren(closeButton(), page.querySelector(".reasons"));
  panel.dataset.address = address;
  openerOf(address)?.setAttribute("aria-expanded", "true");
  if (history.state?.why !== address) history.pushState({ why: address }, "");
  panel.showModal();
}

function closed() {
  const opener = openerOf(panel.dataset.address);
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
  if (history.state?.why) history.back();
}

// Open or close the panel as the entry of the history says.
function restore() {
  const address = history.state?.why;
  if (address) show(address).catch(() => {}); // the server is gone; the list is still there
  else if (panel.open) panel.close();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.why");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.getAttribute("href")).catch(() => location.assign(link.href));
});

addEventListener("popstate", restore);
prepare();
restore();

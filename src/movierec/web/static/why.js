// Open "Why?" below its movie instead of on its own page.

async function toggle(link) {
  const open = link.parentElement.querySelector(".reasons");
  if (open) {
    open.hidden = !open.hidden;
    link.ariaExpanded = String(!open.hidden);
    return;
  }
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  link.parentElement.querySelector(".reasons")?.remove(); // from an earlier click
  link.after(page.querySelector(".reasons"));
  link.ariaExpanded = "true";
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.why");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  toggle(link).catch(() => location.assign(link.href));
});

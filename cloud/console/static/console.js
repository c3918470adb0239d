// "/" goes to the field that finds anything; a click anywhere in a row follows the row's link.
const isTyping = (target) => target.matches("input, select, textarea") || target.isContentEditable;

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  event.preventDefault();
  const field = document.querySelector("[data-key='/']");
  field.focus();
  field.select();
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button") || getSelection().toString()) return;
  location.assign(row.dataset.href);
});

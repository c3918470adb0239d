// The keyboard of the counter. Every key is a button on the page (data-key); a key presses its button, so that hands,
// fingers and mouse do the same thing. What is typed leaves at once, so that the next code starts on an empty line.
const entry = document.getElementById("entry");
const desk = document.getElementById("desk");
const LETTER = /^Key[A-Z]$/;
const FUNCTION = /^F([1-46-9]|10)$/;

const buttonOf = (key) => document.querySelector(`button[data-key="${CSS.escape(key)}"]:not(:disabled)`);
const nameOf = (event) => (event.shiftKey ? "Shift+" : "") + event.key;
const isTyping = () => entry.value !== "";

// A function key goes out whatever the page shows: the box may already be where the page is not yet. One whose button
// says more than the key (which paper it answers for) presses that button: only what is on the screen is answered.
const other = document.getElementById("other");
const otherOf = (key) => {
  const shown = buttonOf(key);
  if (shown && shown.value !== key) return shown;
  other.value = key;
  return other;
};

const pressed = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  if (LETTER.test(event.code)) return isTyping() ? null : buttonOf(event.code);
  if (/^[1-9]$/.test(event.key)) return isTyping() ? null : buttonOf(event.key); // only where ways are compared
  if (FUNCTION.test(event.key)) return otherOf(nameOf(event));
  return ["Escape", "ArrowUp", "ArrowDown"].includes(event.key) ? buttonOf(event.key) : null;
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && entry.value !== "") {
    entry.value = "";
    event.preventDefault();
    return;
  }
  const button = pressed(event);
  if (button) {
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) desk.requestSubmit(button);
  } else if (document.activeElement === entry || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  } else if (event.key.length === 1 && event.key !== " ") {
    entry.focus(); // the character itself follows into the line, also where Tab has left the focus on a button
  } else if (event.key === "Enter" && document.activeElement === document.body) {
    entry.focus();
    event.preventDefault();
    desk.requestSubmit(buttonOf("Enter"));
  }
});

const pad = {
  "⌫": () => { entry.value = entry.value.slice(0, -1); },
  "×": () => { entry.value += "*"; },
  "↵": () => { desk.requestSubmit(buttonOf("Enter")); },
};
document.addEventListener("click", (event) => {
  const key = event.target.closest?.("[data-type]")?.dataset.type;
  if (key) (pad[key] ?? (() => { entry.value += key; }))();
  if (!event.target.closest?.("input, .older, .scroll")) entry.focus({ preventScroll: true });
});

let sent = "";
desk.addEventListener("htmx:config:request", () => {
  sent = entry.value;
  entry.value = "";
});
desk.addEventListener("typed:keep", () => {
  if (entry.value !== "") return;
  entry.value = sent;
  entry.select();
});
// A touch screen brings its own keyboard only where letters are asked for; digits have the pad.
const fitKeyboard = () => {
  entry.inputMode = document.querySelector("#prompt[data-letters]") ? "text" : "none";
};
document.addEventListener("htmx:after:swap", fitKeyboard);
fitKeyboard();
desk.addEventListener("look:changed", () => { window.location.reload(); });

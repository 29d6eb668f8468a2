/* The instructor's pages work without this; with it, words are copied and keys mark a reflection. */
const told = (node, words) => {
  const before = node.textContent;
  node.textContent = words;
  setTimeout(() => { node.textContent = before; }, 2000);
};

for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
    told(button, "Copied");
  });
}

for (const button of document.querySelectorAll("[data-says]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const box = document.getElementById(button.dataset.says);
    box.value = box.value.trim() ? `${box.value.trimEnd()}\n${button.textContent}` : button.textContent;
    box.focus();
  });
}

/* Letters act only while the form has the focus, so that they are in nobody's way elsewhere. */
const verdict = document.getElementById("verdict");
verdict?.focus({ preventScroll: true });
verdict?.addEventListener("keydown", (event) => {
  const typing = event.target.matches("textarea, select, input:not([type=checkbox])");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const found = verdict.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!found) return;
  event.preventDefault();
  found.click();
});

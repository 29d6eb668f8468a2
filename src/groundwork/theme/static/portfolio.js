/**
 * What makes the portfolio quicker by hand: copying, and adding up while one types. Everything
 * can be written, saved and taken along without it.
 */

const STRINGS = {
  copy: "Copy",
  copyOf: "Copy {label} of {title}",
  line: "Whole line",
  lineOf: "Copy the whole line of {title}",
  copied: "Copied: {words}",
  notCopied: "This browser did not let us copy. Mark the words and copy them by hand.",
  sum: "{given} of {all} h are given to areas; {left} h are left.",
  full: "All {all} h are given to areas.",
  over: "{given} h are given to areas, but the training has {all} h.",
  tooLarge: "This file has more than 5 MB. Choose a smaller one.",
};
const LARGEST = 5 * 1024 * 1024;
const MOST_ROWS = 60;

const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, name) => words[name]);

/* the copy sheet */

function copySheet(table) {
  const status = document.querySelector("[data-copied]");
  for (const hidden of table.querySelectorAll("[data-copy-only]")) hidden.hidden = false;
  for (const row of table.tBodies[0].rows) {
    const cells = [...row.querySelectorAll("[data-value]")];
    const title = cells[0].textContent;
    for (const value of cells) {
      if (!value.textContent) continue;
      const label = value.parentElement.dataset.label;
      value.after(copyButton(STRINGS.copy, fill(STRINGS.copyOf, { label: label.toLowerCase(), title }), () => value.textContent, status));
    }
    const whole = () => cells.map((cell) => cell.textContent).join("\t");
    row.lastElementChild.append(copyButton(STRINGS.line, fill(STRINGS.lineOf, { title }), whole, status));
  }
}

function copyButton(words, label, text, status) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", async () => {
    const copied = await put(text());
    for (const other of document.querySelectorAll("button[data-done]")) delete other.dataset.done;
    if (copied) button.dataset.done = "";
    status.textContent = copied ? fill(STRINGS.copied, { words: text().replaceAll("\t", " · ") }) : STRINGS.notCopied;
  });
  return button;
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/* the form of a training */

/** Hours as they are typed (1.5, 1,5 or 1:30) in minutes, or null. */
function minutes(text) {
  const clock = /^\s*(\d{1,4}):([0-5]\d)\s*$/.exec(text);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  return /^\s*\d{1,4}([.,]\d{1,4})?\s*h?\s*$/.test(text) ? Math.round(parseFloat(text.replace(",", ".")) * 60) : null;
}

const hours = (n) => String(Number((n / 60).toFixed(2)));

function trainingForm(form) {
  const sum = form.querySelector("[data-sum]");
  const add = form.querySelector("[data-add-area]");
  const tell = () => {
    const all = minutes(form.elements.hours.value) ?? 0;
    const given = [...form.querySelectorAll('[name^="area_hours-"]')].reduce((n, field) => n + (minutes(field.value) ?? 0), 0);
    const words = { given: hours(given), all: hours(all), left: hours(all - given) };
    const text = given > all ? STRINGS.over : given === all ? STRINGS.full : STRINGS.sum;
    sum.textContent = all && given ? fill(text, words) : "";
    sum.toggleAttribute("data-over", given > all);
  };
  form.addEventListener("input", tell);
  add.hidden = false;
  add.addEventListener("click", () => {
    const rows = form.querySelectorAll(".pf-area");
    const row = anotherRow(rows[rows.length - 1], rows.length + 1);
    rows[rows.length - 1].after(row);
    row.querySelector("select").focus();
    add.hidden = rows.length + 1 >= MOST_ROWS;
  });
  tell();
}

/** An empty copy of an area row, under its own number. */
function anotherRow(row, number) {
  const copy = row.cloneNode(true);
  copy.classList.remove("pf-wrong");
  for (const complaint of copy.querySelectorAll(".pf-complaint")) complaint.remove();
  for (const field of copy.querySelectorAll("select, input")) {
    const name = field.name.replace(/\d+$/, String(number));
    const label = copy.querySelector(`label[for="${field.id}"]`);
    field.name = name;
    field.id = `f-${name}`;
    field.value = "";
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    label.htmlFor = field.id;
    const words = label.querySelector("span") ?? label;
    words.textContent = words.textContent.replace(/\d+/, String(number));
  }
  return copy;
}

function fileField(field) {
  field.addEventListener("change", () => {
    const large = field.files[0]?.size > LARGEST;
    field.setCustomValidity(large ? STRINGS.tooLarge : "");
    if (large) field.reportValidity();
  });
}

for (const table of document.querySelectorAll(".pf-copy")) copySheet(table);
for (const form of document.querySelectorAll('[data-form="trainings"]')) trainingForm(form);
for (const field of document.querySelectorAll('.pf-form input[type="file"]')) fileField(field);
for (const problem of document.querySelectorAll(".pf-problem[role=alert]")) problem.querySelector("a")?.focus();

// The page's light or dark choice, set before the first paint, the two menus, and single-key shortcuts.
(() => {
  const KEY = "gw-theme";
  const PAPER = { light: "#fffdf9", dark: "#131d25" };
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const recall = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be shut off; the page then follows the system
    }
  };
  const remember = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // as above
    }
  };
  const shown = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
  const show = (theme) => {
    root.dataset.theme = theme;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.content = PAPER[theme];
  };

  const chosen = recall(KEY);
  if (chosen in PAPER) show(chosen);

  const hangLamp = (button) => {
    const word = button.querySelector(".gw-lamp-word");
    const label = () => {
      word.textContent = shown() === "dark" ? WORDS.light : WORDS.dark;
    };
    button.addEventListener("click", () => {
      const theme = shown() === "dark" ? "light" : "dark";
      show(theme);
      remember(KEY, theme);
      label();
    });
    system.addEventListener("change", label);
    label();
    button.hidden = false;
  };

  // On a wide page a menu stands open; on a phone it opens under the thumb and shuts with Escape.
  const hangMenu = (menu) => {
    const wide = window.matchMedia(`(min-width: ${menu.dataset.opens})`);
    const fit = () => {
      menu.open = wide.matches;
    };
    wide.addEventListener("change", fit);
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || wide.matches) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("click", (event) => {
      if (!wide.matches && event.target.closest('a[href^="#"]')) menu.open = false;
    });
    fit();
  };

  // Shortcuts of one key, listed under "?". They hold only while nothing on the page has the
  // focus, and whoever speaks to their computer can switch them off.
  const KEYS_OFF = "gw-keys-off";
  const WORDS = {
    title: "Keyboard shortcuts",
    use: "Use these shortcuts",
    close: "Close",
    light: "Light page",
    dark: "Dark page",
    keys: { "/": "Search", n: "Next page", p: "Page before", m: "Menu", "?": "This list", Esc: "Close what is open" },
  };
  const off = () => recall(KEYS_OFF) === "1";
  const follow = (selector) => document.querySelector(selector)?.click();
  const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);

  const keysDialog = () => {
    const known = document.querySelector(".gw-keys-dialog");
    if (known) return known;
    const dialog = element("dialog", "", { className: "gw-keys-dialog" });
    const title = element("h2", WORDS.title, { id: "gw-keys-title", tabIndex: -1 });
    const list = document.createElement("dl");
    for (const [key, does] of Object.entries(WORDS.keys)) {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      term.append(element("kbd", key));
      row.append(term, element("dd", does));
      list.append(row);
    }
    const label = element("label", ` ${WORDS.use}`);
    const box = element("input", "", { type: "checkbox", checked: !off() });
    box.addEventListener("change", () => remember(KEYS_OFF, box.checked ? "" : "1"));
    label.prepend(box);
    const close = element("button", WORDS.close, { type: "button", className: "gw-button" });
    close.addEventListener("click", () => dialog.close());
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.append(title, list, label, close);
    document.body.append(dialog);
    return dialog;
  };
  const showKeys = () => {
    const dialog = keysDialog();
    dialog.showModal();
    dialog.querySelector("h2").focus();
  };
  let opening = false; // what is typed before the box is there must not turn the page
  const search = () => {
    const field = document.getElementById("gw-q");
    const page = new URL("search.html#gw-q", new URL(root.dataset.root || "./", location.href));
    field?.focus();
    if (field) return;
    opening = true;
    import("./search.js")
      .then((found) => found.open(), () => (location.href = page))
      .finally(() => (opening = false));
  };
  const openMenu = () => {
    const menu = document.querySelector(".gw-side") ?? document.querySelector(".gw-menu");
    if (!menu) return;
    menu.open = true;
    (menu.querySelector("a[aria-current]") ?? menu.querySelector("a"))?.focus();
  };
  const does = { "/": search, n: () => follow('.gw-turn [rel="next"]'), p: () => follow('.gw-turn [rel="prev"]'), m: openMenu, "?": showKeys };

  document.addEventListener("keydown", (event) => {
    const idle = [null, document.body, root, document.getElementById("content")].includes(document.activeElement);
    if (!idle || off() || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || !(event.key in does)) return;
    event.preventDefault();
    if (opening) return;
    does[event.key]();
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll(".gw-keys")) {
      button.addEventListener("click", showKeys);
      button.hidden = false;
    }
    if (location.hash === "#gw-q") document.getElementById("gw-q")?.focus();
    if ("speechSynthesis" in window && document.body.classList.contains("gw-is-lesson"))
      addEventListener("load", () => import("./listen.js"));
    document.querySelectorAll(".gw-lamp").forEach(hangLamp);
    document.querySelectorAll("details[data-opens]").forEach(hangMenu);
  });
})();

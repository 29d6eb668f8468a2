// The page's light or dark choice, set before the first paint, and the two menus.
(() => {
  const KEY = "gw-theme";
  const PAPER = { light: "#fffdf9", dark: "#131d25" };
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be shut off; the page then follows the system
    }
  };
  const remember = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // as above
    }
  };
  const shown = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
  const show = (theme) => {
    root.dataset.theme = theme;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.content = PAPER[theme];
  };

  const chosen = remembered();
  if (chosen in PAPER) show(chosen);

  const hangLamp = (button) => {
    const word = button.querySelector(".gw-lamp-word");
    const label = () => {
      word.textContent = shown() === "dark" ? "Light page" : "Dark page";
    };
    button.addEventListener("click", () => {
      const theme = shown() === "dark" ? "light" : "dark";
      show(theme);
      remember(theme);
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

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".gw-lamp").forEach(hangLamp);
    document.querySelectorAll("details[data-opens]").forEach(hangMenu);
  });
})();

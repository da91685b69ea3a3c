// Keys, dialogs and small manners of the pages. Every page works without it.
"use strict";
(() => {
  const typing = (element) => element instanceof Element && element.closest("input, textarea, select, [contenteditable]") !== null;
  const visible = (element) => element.getClientRects().length > 0;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(visible);
  let chosen = null;
  let pressed = "";
  let pressedAt = 0;

  for (const element of document.querySelectorAll("[data-scripted]")) element.hidden = false;

  function choose(step) {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(chosen);
    const next = all[at === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    if (chosen) chosen.classList.remove("chosen");
    chosen = next;
    chosen.classList.add("chosen");
    chosen.scrollIntoView({ block: "nearest" });
    const link = chosen.matches("a") ? chosen : chosen.querySelector("a, button, summary");
    if (link) link.focus({ preventScroll: true });
  }

  function open() {
    const link = chosen && (chosen.matches("a") ? chosen : chosen.querySelector("a, summary"));
    if (link) link.click();
    return Boolean(link);
  }

  // A key inside the chosen row is meant before the same key elsewhere on the page.
  function find(keys) {
    const fits = (element) => element.dataset.key.split(",").includes(keys) && !element.disabled;
    const inside = chosen ? [...chosen.querySelectorAll("[data-key]")] : [];
    return [...inside, ...document.querySelectorAll("[data-key]")].find(fits);
  }

  function use(element) {
    if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
      const folded = element.closest("details:not([open])");
      if (folded) folded.open = true;
      element.focus();
      // What stands in a text is gone on with, a word to search for is written anew.
      if (element.select && !element.matches("textarea")) element.select();
    } else {
      element.click();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && typing(event.target)) {
      event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key.length !== 1) return;
    const now = Date.now();
    const sequence = now - pressedAt < 1000 && pressed ? `${pressed} ${event.key}` : "";
    const element = (sequence && find(sequence)) || find(event.key);
    pressed = event.key;
    pressedAt = now;
    if (element) {
      event.preventDefault();
      pressed = "";
      use(element);
    } else if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      choose(event.key === "j" ? 1 : -1);
    } else if (event.key === "o" && open()) {
      event.preventDefault();
    }
  });

  function listKeys(dialog) {
    const list = dialog.querySelector("[data-list=keys]");
    for (const old of list.querySelectorAll("[data-listed]")) old.remove();
    const seen = new Set();
    for (const element of document.querySelectorAll("[data-key]")) {
      const keys = element.dataset.key.split(",")[0];
      const label = element.closest("label");
      const words = element.getAttribute("aria-label") || element.title || element.textContent.trim() ||
        (label && label.firstChild.textContent.trim()) || element.placeholder || "";
      if (seen.has(keys) || !words) continue;
      seen.add(keys);
      const line = document.createElement("div");
      line.dataset.listed = "";
      const term = document.createElement("dt");
      for (const key of keys.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        term.append(cap, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = words;
      line.append(term, meaning);
      list.append(line);
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target && target.closest("[data-opens]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog.querySelector("[data-list=keys]")) listKeys(dialog);
      dialog.showModal();
    }
    const closer = target && target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
    if (target && target.matches("dialog")) target.close();
    for (const menu of document.querySelectorAll("details.self[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-selects]")) event.target.select();
    const row = event.target.closest("[data-row]");
    if (row && row !== chosen) {
      if (chosen) chosen.classList.remove("chosen");
      chosen = row;
      chosen.classList.add("chosen");
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
})();

// Writing: a slash offers canned texts, a chosen file is sent at once, the caret stands above the signature.
"use strict";
(() => {
  const box = () => document.querySelector("[data-writes]");
  const canned = () => document.querySelector("[data-canned]");
  let chosen = 0;

  function prepare(focus) {
    for (const button of document.querySelectorAll("#composer [data-pressed]")) button.hidden = true;
    const into = box();
    if (!into) return;
    const signature = into.value.indexOf("\n\n-- \n");
    const at = signature === -1 ? into.value.length : signature;
    into.setSelectionRange(at, at);
    if (focus) into.focus();
  }

  // What stands before the caret, from a slash that begins a word.
  function typed(into) {
    const found = /(^|\s)\/([a-z0-9_-]*)$/.exec(into.value.slice(0, into.selectionStart));
    return found && into.selectionStart === into.selectionEnd ? found[2] : null;
  }

  function offers(part) {
    const all = [...document.querySelectorAll("#composer button[data-phrase]")];
    return all.filter((each) => each.dataset.name.startsWith(part)).slice(0, 8);
  }

  function close() {
    const list = canned() && canned().querySelector(".choices");
    if (list) list.hidden = true;
  }

  function show(into) {
    const place = canned();
    if (!place) return;
    const part = typed(into);
    const found = part === null ? [] : offers(part);
    const list = place.querySelector(".choices");
    chosen = Math.min(chosen, Math.max(found.length - 1, 0));
    list.hidden = found.length === 0;
    list.replaceChildren(...found.map((each, at) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === chosen));
      item.dataset.phrase = each.dataset.phrase;
      item.append(`/${each.dataset.name}`);
      const words = document.createElement("small");
      words.textContent = each.title.slice(0, 60);
      item.append(words);
      return item;
    }));
  }

  async function put(number) {
    const into = box();
    const part = typed(into);
    const start = into.selectionStart - (part === null ? 0 : part.length + 1);
    const end = into.selectionEnd;
    close();
    const answer = await fetch(`/canned/${number}/filled?${canned().dataset.canned}`);
    const words = await answer.text();
    if (!answer.ok || !document.contains(into)) return;
    into.focus();
    into.setRangeText(words, start, end, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-writes]")) { chosen = 0; show(event.target); }
  });
  document.addEventListener("keydown", (event) => {
    const list = canned() && canned().querySelector(".choices");
    if (!list || list.hidden || !event.target.matches("[data-writes]")) return;
    const items = [...list.children];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length;
      show(event.target);
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      put(items[chosen].dataset.phrase);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest(".choices [data-phrase]");
    if (item) { event.preventDefault(); put(item.dataset.phrase); }
  });
  document.addEventListener("click", (event) => {
    const chip = event.target instanceof Element && event.target.closest("#composer button[data-phrase]");
    if (chip) { event.preventDefault(); put(chip.dataset.phrase); }
  }, true);
  document.addEventListener("focusout", (event) => { if (event.target.matches("[data-writes]")) close(); });
  document.addEventListener("change", (event) => {
    const presses = event.target.dataset && event.target.dataset.presses;
    const button = presses && event.target.form.querySelector(`button[name="act"][value="${presses}"]`);
    if (button) event.target.form.requestSubmit(button);
  });
  // A part that was put in anew after an act of the writer's is gone on with; a sent one is not.
  document.addEventListener("submit", (event) => {
    const act = event.submitter && event.submitter.name === "act" ? event.submitter.value : "";
    if (event.target.id === "composer") document.body.dataset.goesOn = act.startsWith("kind:") || act === "attach" ? "yes" : "";
  });
  document.addEventListener("htmx:after:swap", () => {
    prepare(document.body.dataset.goesOn === "yes");
    document.body.dataset.goesOn = "";
  });
  prepare(location.hash === "#composer");
})();

// Templates: a field is put where the writer writes, and a mail is shown in its frame. The page works without it.
"use strict";
(() => {
  let face = null;

  function insert(text) {
    const into = face && document.contains(face) ? face : document.querySelector("[data-face]");
    if (!into || into.matches(":disabled")) return;
    const folded = into.closest("details:not([open])");
    if (folded) folded.open = true;
    into.focus();
    into.setRangeText(text, into.selectionStart, into.selectionEnd, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // A fresh frame's first page leaves no entry in the history, so each preview brings its own frame.
  function prepare() {
    for (const button of document.querySelectorAll("[data-fills]:not([hidden])")) {
      button.hidden = true;
      button.form.requestSubmit();
    }
    for (const field of document.querySelectorAll("[data-inserts]:not([tabindex])")) {
      field.tabIndex = 0;
      field.setAttribute("role", "button");
    }
    for (const element of document.querySelectorAll("[data-scripted][hidden]")) element.hidden = false;
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-face]")) face = event.target;
  });
  document.addEventListener("click", (event) => {
    const field = event.target instanceof Element && event.target.closest("[data-inserts]");
    if (field) insert(field.dataset.inserts || field.textContent);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-inserts]")) {
      event.preventDefault();
      insert(event.target.dataset.inserts || event.target.textContent);
    }
  });
  document.addEventListener("htmx:after:swap", prepare);
  prepare();
})();

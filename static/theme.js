// Before the first paint: where no theme was chosen, take the system's, and follow it when it changes.
(function () {
  "use strict";
  var root = document.documentElement;
  if (!root.hasAttribute("data-theme-follows")) return;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  }
  follow();
  dark.addEventListener("change", follow);
})();

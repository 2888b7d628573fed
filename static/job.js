// The file of an export that somebody waits for comes by itself, once; without this there is its button.
(function () {
  "use strict";

  function fetchOnce() {
    var link = document.querySelector("a[data-download]");
    if (!link) return;
    var key = "fetched " + link.pathname;
    try {
      if (sessionStorage.getItem(key)) return;
      sessionStorage.setItem(key, "1");
    } catch (refused) {
      return;
    }
    window.location.assign(link.href);
  }

  // Not before the page is whole: a download that begins earlier breaks off what still loads.
  window.addEventListener("load", fetchOnce);
  document.addEventListener("htmx:oobAfterSwap", fetchOnce);
})();

// The wall board says that it grows old while the server cannot be reached, and can fill the screen.
(function () {
  "use strict";

  function old(is) {
    document.getElementById("board-is-old").hidden = !is;
  }

  // Only the board asks for anything on this page.
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (failure) {
    document.addEventListener(failure, function () {
      old(true);
    });
  });
  document.addEventListener("htmx:afterSwap", function () {
    old(false);
  });

  var button = document.querySelector("[data-full-screen]");
  if (document.fullscreenEnabled) {
    button.hidden = false;
    button.addEventListener("click", function () {
      document.documentElement.requestFullscreen();
    });
  }
})();

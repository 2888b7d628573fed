// What every page is better with: menus that close, copying, and the way back to a page after a download.
(function () {
  "use strict";

  // An open menu closes on a press outside it and on Escape, and gives the focus back.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // A picture that a menu links to is shown in it once it is opened. The event does not bubble, so it is caught on its way.
  document.addEventListener("toggle", function (event) {
    event.target.querySelectorAll("a[data-picture]").forEach(function (link) {
      var picture = document.createElement("img");
      picture.alt = link.textContent;
      picture.src = link.href;
      link.replaceWith(picture);
    });
  }, true);

  // The clipboard's own interface is closed to pages on plain HTTP: there the old way still works.
  function copyTheOldWay(text) {
    var field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    field.setAttribute("readonly", "");
    document.body.appendChild(field);
    field.select();
    var done = document.execCommand("copy");
    field.remove();
    return done;
  }

  function copied(button) {
    var label = button.querySelector("[data-copy-label]") || button;
    var before = label.textContent;
    if (before === button.dataset.copied) return;
    label.textContent = button.dataset.copied;
    setTimeout(function () {
      label.textContent = before;
    }, 1500);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var text = button.dataset.copy;
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(
        function () {
          copied(button);
        },
        function () {
          if (copyTheOldWay(text)) copied(button);
        },
      );
    } else if (copyTheOldWay(text)) {
      copied(button);
      button.focus();
    }
  });

  // Dialogs that a link opens; without script the link leads to a page with the same content.
  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-opens]");
    var closer = event.target.closest("[data-closes]");
    var dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!dialog.open) dialog.showModal();
    }
    if (closer) document.getElementById(closer.dataset.closes).close();
  }, true);

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-prints]");
    if (button) window.print();
  });
})();

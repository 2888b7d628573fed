// What every page is better with: menus that close, copying, and the way back to a page after a download.
(function () {
  "use strict";

  // An open menu closes on a press outside it, on Escape, and when the focus goes elsewhere; Escape gives the focus back.
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
      event.preventDefault();
    });
  });
  document.addEventListener("focusout", function (event) {
    var menu = event.target.closest("details.menu[open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });

  // In a menu the arrows go from one thing to the next, and on a closed one Down opens it.
  function nextIn(menu, from, key) {
    var things = Array.from(menu.querySelectorAll("summary ~ * a[href], summary ~ * button, summary ~ * input")).filter(function (thing) {
      return !thing.disabled && thing.type !== "hidden" && thing.offsetParent;
    });
    var at = things.indexOf(from);
    if (key === "Home") return things[0];
    if (key === "End") return things[things.length - 1];
    return things[(at + (key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + things.length) % things.length];
  }
  document.addEventListener("keydown", function (event) {
    if (["ArrowDown", "ArrowUp", "Home", "End"].indexOf(event.key) < 0 || event.isComposing) return;
    var menu = event.target.closest("details.menu");
    if (!menu || event.target.matches("select, textarea, input:not([type=checkbox])")) return;
    if (!menu.open && event.key !== "ArrowDown") return;
    menu.open = true;
    var next = nextIn(menu, event.target, event.key);
    if (next) next.focus();
    event.preventDefault();
  });

  // A page that came in place of another brings its own scripts along; those that are there already have run.
  function nameOf(address) {
    return new URL(address, location.href).pathname.replace(/\.[0-9a-f]{12}(?=\.js$)/, "");
  }
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target !== document.body || !event.detail.xhr) return;
    var there = Array.from(document.scripts, function (script) {
      return nameOf(script.src);
    });
    Array.from(event.detail.xhr.responseText.matchAll(/<script src="([^"]+)"/g), function (match) {
      return match[1];
    })
      .filter(function (address) {
        return there.indexOf(nameOf(address)) < 0;
      })
      .forEach(function (address) {
        var script = document.createElement("script");
        script.src = address;
        document.head.appendChild(script);
      });
  });

  // A page that came in place of another begins at its content, as one that is loaded anew does for a reader of screens.
  document.addEventListener("htmx:afterSettle", function (event) {
    var main = document.getElementById("main");
    if (event.target === document.body && main && document.activeElement === document.body) main.focus({ preventScroll: true });
  });

  // A menu's picture is fetched when it is opened, and not for each number. The event does not bubble: it is caught on its way.
  document.addEventListener("toggle", function (event) {
    event.target.querySelectorAll("[data-picture]").forEach(function (place) {
      var picture = document.createElement("img");
      picture.width = picture.height = 185;
      picture.alt = place.dataset.words;
      picture.src = place.dataset.picture;
      place.replaceChildren(picture);
      place.removeAttribute("data-picture");
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
    // A press beside it, on what it covers.
    if (event.target.matches("dialog[open]")) event.target.close();
  }, true);

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-prints]");
    if (button) window.print();
  });
})();

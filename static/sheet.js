// The callback sheet: its keys, its clocks, its hold, and results that the server has not answered yet.
(function () {
  "use strict";

  var DEAF = 400;
  var RETRY = 3000;
  var LOOK = 1500;
  var KEEP = 60000;
  var deafUntil = 0;
  var unsaved = null;
  var refused = false;
  var typed = null;
  var focused = "";
  var looking = 0;

  function form() {
    return document.querySelector("form.desk-work");
  }

  // ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────
  // By the key's place and not by its letter: a Chinese input method and CapsLock then do no harm.

  function keyOf(event) {
    var match = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
    if (match) return match[1];
    if (event.code === "Enter" || event.code === "NumpadEnter") return "Enter";
    return event.key === "?" || event.key === "\uff1f" ? "?" : "";
  }

  function keysAreOn() {
    try {
      return localStorage.getItem("hwcall-keys") !== "off";
    } catch (error) {
      return true;
    }
  }

  function typing(target) {
    return Boolean(target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]"));
  }

  function showWhetherKeysAreOn() {
    document.documentElement.dataset.keys = keysAreOn() ? "on" : "off";
    var box = document.querySelector("[data-keys-switch]");
    if (!box) return;
    box.checked = keysAreOn();
    box.closest("label").hidden = false;
  }

  // A reader of screens says it, and the next Tab goes on from it.
  function toTheNumber() {
    var number = document.getElementById("number");
    if (number) number.focus({ preventScroll: true });
    else if (document.activeElement) document.activeElement.blur();
  }

  function press(key) {
    var target = document.querySelector('[data-key="' + key + '"]');
    if (target && !target.disabled && !target.classList.contains("disabled")) {
      target.click();
      if (target.tagName === "SUMMARY") {
        var first = target.parentElement.querySelector("button, a");
        if (first) first.focus();
      }
      return true;
    }
    var field = document.querySelector('[data-focus-key="' + key + '"]');
    if (field && !field.disabled) field.focus();
    return Boolean(field);
  }

  function openThing() {
    return document.querySelector("details.menu[open], dialog[open]");
  }

  function closeByItsKey(menu, key) {
    var summary = menu.querySelector('summary[data-key="' + key + '"]');
    if (summary) summary.click();
    return Boolean(summary);
  }

  document.addEventListener("keydown", function (event) {
    if (!form() || event.defaultPrevented) return;
    if (event.repeat) {
      // Held down, Enter presses a button again and again: the next number would be filed as well.
      if (event.key === "Enter" && event.target.closest("button, summary")) event.preventDefault();
      return;
    }
    if (typing(event.target)) {
      // 229: the input method is still at it, and this Enter is its own.
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape" || (event.key === "Enter" && event.target.tagName === "INPUT")) {
        event.preventDefault();
        toTheNumber();
      }
      // Later, and without preventing anything: a list that stands open takes its choice by the same Enter.
      if (event.key === "Enter" && event.target.tagName === "SELECT") setTimeout(toTheNumber);
      return;
    }
    var undo = event.ctrlKey && event.code === "KeyZ" && !event.shiftKey && !event.altKey;
    if ((event.ctrlKey || event.metaKey || event.altKey) && !undo) return;
    if (event.shiftKey && event.key !== "?" && event.key !== "\uff1f") return;
    var key = keyOf(event);
    var open = openThing();
    if (open) {
      if (key && keysAreOn() && closeByItsKey(open, key)) event.preventDefault();
      return;
    }
    if (event.key === "Escape") return toTheNumber();
    if (!key || (key === "Enter" && event.target.closest("button, a, summary"))) return;
    if (!keysAreOn() && key !== "Enter" && !undo) return;
    if (Date.now() < deafUntil) return event.preventDefault();
    if (press(key)) event.preventDefault();
  });

  // The list was drawn with the page; a type that was renamed since then is right as soon as it is looked at.
  document.addEventListener("click", function (event) {
    var opener = event.target.closest('[data-opens="keys"]');
    if (opener) htmx.ajax("GET", opener.href, { target: "#keys-list", select: "#keys-list", swap: "outerHTML" });
  }, true);

  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-keys-switch]")) return;
    try {
      localStorage.setItem("hwcall-keys", event.target.checked ? "on" : "off");
    } catch (error) {
      // A browser that keeps nothing simply has the keys on again at the next page.
    }
    showWhetherKeysAreOn();
  });

  // ── Clocks ────────────────────────────────────────────────────────────────────────────────────────────────

  function clock(seconds) {
    return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
  }

  function tick() {
    var shown = document.querySelector("[data-since]");
    if (shown) shown.textContent = clock(Number(shown.dataset.since) + Math.floor((Date.now() - shown.hwBegan) / 1000));
    var strip = document.querySelector("[data-undo]");
    if (!strip) return;
    var left = Number(strip.dataset.undo) - (Date.now() - strip.hwBegan) / 1000;
    if (left <= 0) {
      var button = strip.querySelector("[name=undo]");
      if (button) button.remove();
      strip.querySelectorAll("progress, [data-undo-seconds]").forEach(function (part) {
        (part.closest(".fig") || part).remove();
      });
      strip.removeAttribute("data-undo");
      strip.className = "strip idle";
      return;
    }
    strip.querySelector("progress").value = left;
    strip.querySelector("[data-undo-seconds]").textContent = Math.ceil(left);
  }

  function begin() {
    document.querySelectorAll("[data-since], [data-undo]").forEach(function (part) {
      part.hwBegan = Date.now();
    });
    showWhetherKeysAreOn();
    lookLater();
    if (document.querySelector('[data-kept=""]')) keepHold();
  }

  // ── The hold: kept while the page is open; a recall shows within two seconds ──────────────────────────────

  // What was typed for a number stays, where the sheet still shows it afterwards.
  function typedFor(desk) {
    var token = desk && desk.querySelector("[name=token]");
    if (!token) return null;
    return { token: token.value, note: desk.elements.note.value, region: desk.elements.order_region.value };
  }

  function typeAgain() {
    var token = typed && form() && form().querySelector("[name=token]");
    if (token && token.value === typed.token) {
      form().elements.note.value = typed.note;
      form().elements.order_region.value = typed.region;
    }
    typed = null;
  }

  function focusAgain() {
    var before = focused && document.getElementById(focused);
    var now = document.activeElement;
    focused = "";
    if (before) before.focus({ preventScroll: true });
    // A type that was pressed and still stands there would take the next Enter as well.
    else if (now === document.body || form().contains(now)) toTheNumber();
  }

  function reload() {
    typed = typedFor(form());
    htmx.ajax("GET", form().getAttribute("action"), { target: "body", swap: "innerHTML" });
  }

  // Another login in this browser has changed the token: with a fresh one the hold is kept. Once, since it is no use
  // where the sheet is no longer open to the agent.
  function renewOnce() {
    if (refused || !form()) return;
    refused = true;
    freshToken(form().getAttribute("action")).then(keepHold, function () {
      refused = false;
    });
  }

  // What is being typed or filed at this moment is left alone: its own answer will say how things stand.
  function stillShows(asked) {
    var held = document.querySelector("[data-hold]");
    return held && held.dataset.hold === asked && !form().hwBusy && !unsaved;
  }

  // Each look is answered from what the server knows anyway; where that says no, it is asked in earnest.
  function look() {
    var held = document.querySelector("[data-hold]");
    if (!held || unsaved) return;
    var asked = held.dataset.hold;
    fetch(held.dataset.heldUrl).then(
      function (answer) {
        if (answer.status !== 204 && stillShows(asked)) keepHold();
      },
      function () {},
    );
  }

  function keepHold() {
    var held = document.querySelector("[data-hold]");
    if (!held || unsaved) return;
    var asked = held.dataset.hold;
    fetch(held.dataset.holdUrl, {
      method: "POST",
      headers: { "X-CSRFToken": form().querySelector("[name=csrfmiddlewaretoken]").value },
      body: new URLSearchParams({ token: asked }),
      redirect: "error",
    })
      .then(function (answer) {
        if (answer.status === 403) renewOnce();
        else refused = false;
        return answer.ok ? answer.json() : null;
      })
      .then(
        function (answer) {
          if (!answer || !stillShows(asked)) return;
          if (answer.state === "held") document.querySelector("[data-until]").textContent = answer.until;
          else reload();
        },
        function () {},
      );
  }

  // A hold that has just begun was not there yet when the server looked last.
  function lookLater() {
    clearTimeout(looking);
    looking = setTimeout(function () {
      if (!document.hidden) look();
      lookLater();
    }, LOOK);
  }

  // ── Results that are not saved yet ────────────────────────────────────────────────────────────────────────

  function showUnsaved() {
    var desk = form();
    var template = desk.querySelector("template.unsaved-strip");
    var strip = desk.querySelector(".strip");
    if (!unsaved.shown) {
      strip.replaceWith(template.content.cloneNode(true));
      unsaved.shown = true;
      var card = desk.querySelector(".held");
      if (card) card.classList.add("unsaved");
      desk.querySelectorAll(".type, .desk-foot .btn, select, #note").forEach(function (part) {
        if (part !== unsaved.button) part.disabled = true;
      });
      desk.querySelectorAll(".desk-foot summary").forEach(function (part) {
        part.classList.add("disabled");
      });
      unsaved.button.classList.add("is-down");
      var code = unsaved.button.querySelector(".code");
      if (code) code.textContent = template.dataset.mark;
      desk.querySelector("[data-unsaved-retry]").addEventListener("click", retry);
    }
    desk.querySelectorAll("[data-unsaved-why]").forEach(function (why) {
      why.hidden = (why.dataset.unsavedWhy === "login") !== unsaved.stale;
    });
    var offline = document.querySelector(".offline");
    if (offline) offline.hidden = unsaved.stale;
    desk.querySelector("[data-unsaved-what]").textContent = unsaved.what;
    desk.querySelector("[data-unsaved-try]").textContent = unsaved.tries;
  }

  function send() {
    htmx.ajax("POST", form().getAttribute("action"), {
      source: form(),
      target: "body",
      swap: "innerHTML",
      values: unsaved.values,
    });
  }

  function retry() {
    if (!unsaved || unsaved.asking) return;
    clearTimeout(unsaved.timer);
    unsaved.asking = true;
    unsaved.renewed = unsaved.stale;
    if (!unsaved.stale) return send();
    freshToken(form().getAttribute("action")).then(
      function (token) {
        if (!unsaved) return;
        unsaved.stale = false;
        if (token) unsaved.values.csrfmiddlewaretoken = token;
        send();
      },
      function () {
        if (unsaved) again(RETRY);
      },
    );
  }

  function again(wait) {
    unsaved.tries += 1;
    unsaved.asking = false;
    showUnsaved();
    unsaved.timer = setTimeout(retry, wait);
  }

  function keep(button, values, stale) {
    if (!unsaved) {
      unsaved = { button: button, values: values, tries: 0, what: button.textContent.replace(/\s+/g, " ").trim() };
      // Its answer draws all of the sheet anew, since all of it shows that something is not saved.
      values.drawn = "";
      var name = button.querySelector(".name");
      if (name) unsaved.what = button.value + " " + name.textContent;
    }
    unsaved.stale = stale;
    again(stale ? 0 : RETRY);
  }

  function ofDesk(event) {
    // Not the event's own element: that of an answer is what it would be put into.
    var config = event.detail.requestConfig;
    return form() && config && config.verb === "post" && config.elt === form();
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    if (!ofDesk(event)) return;
    var desk = form();
    var config = event.detail.requestConfig;
    var button = config.triggeringEvent && config.triggeringEvent.submitter;
    if (desk.hwBusy && !unsaved) return event.preventDefault();
    // The second press of a double click: it was meant for the number before.
    if (button && Date.now() < deafUntil) return event.preventDefault();
    desk.hwBusy = true;
    if (!unsaved) {
      desk.hwPressed = { button: button || desk.querySelector(".type"), values: Object.fromEntries(config.formData || []) };
      if (button) button.classList.add("is-down");
    }
  });

  function failed(event, stale) {
    if (!ofDesk(event)) return;
    var pressed = form().hwPressed;
    form().hwBusy = false;
    if (pressed) keep(pressed.button, pressed.values, stale === true);
  }

  // Whether a press found nobody logged in, or another login than the page was made for; a second refusal is meant.
  function foundNoLogin(event) {
    if (!ofDesk(event) || (unsaved && unsaved.renewed)) return false;
    var xhr = event.detail.xhr;
    return xhr.status === 403 || new URL(xhr.responseURL).pathname !== form().getAttribute("action");
  }

  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  // Neither a server that has failed nor a login that is over may take away the number that is being called.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var stale = form() && foundNoLogin(event);
    if (!form() || (event.detail.xhr.status < 500 && !stale)) return;
    event.detail.shouldSwap = false;
    failed(event, stale);
  });

  // Taking leave of each element by itself, as htmx does, costs more than a frame; nothing here needs it.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var part = event.detail.target;
    if (!event.detail.shouldSwap || (part.id !== "main" && part.id !== "call")) return;
    focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    if (part.id === "call") return stillStands();
    // The form itself stays until then: htmx asks it in which document it stands.
    form().replaceChildren();
    part.replaceChildren(form());
  });

  // What an answer leaves on the sheet is as it was before the press.
  function stillStands() {
    var desk = form();
    desk.hwBusy = false;
    desk.reset();
    desk.querySelectorAll(".is-down").forEach(function (button) {
      button.classList.remove("is-down");
    });
    desk.querySelectorAll("details[open]").forEach(function (menu) {
      menu.open = false;
    });
  }

  document.addEventListener("htmx:afterSwap", function (event) {
    if (["main", "call"].indexOf(event.target.id) < 0 && event.target !== document.body) return;
    unsaved = null;
    deafUntil = Date.now() + DEAF;
    var offline = document.querySelector(".offline");
    if (offline) offline.hidden = true;
    begin();
    typeAgain();
    focusAgain();
    if (form() && window.innerWidth < 992) window.scrollTo(0, 0);
  });

  window.addEventListener("beforeunload", function (event) {
    if (unsaved) event.preventDefault();
  });

  setInterval(tick, 250);
  // The lease is kept, also while the agent looks at another page.
  setInterval(keepHold, KEEP);
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) look();
  });
  setInterval(function () {
    var empty = document.querySelector("[data-look-again]");
    if (empty && !document.hidden && !openThing() && !form().hwBusy) reload();
  }, 10000);
  begin();
})();

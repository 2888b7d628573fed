// Results are keyed in faster than a server answers: the field is free again at once, what was typed waits in a row and
// goes out one by one, and what was refused stays in sight. Without this each line is a form of its own.
(function () {
  "use strict";

  var RETRY = 3000;
  var FIELDS = ["entry", "note", "order_region"];
  var waiting = [];
  var busy = false;

  function keyForm() {
    return document.querySelector("form[data-key-in]");
  }

  function tell() {
    var chip = document.querySelector("[data-waiting]");
    if (!chip) return;
    chip.hidden = waiting.length < 2 && !chip.dataset.failed;
    chip.querySelector("[data-waiting-count]").textContent = waiting.length;
  }

  function answered(refused, text) {
    var place = document.getElementById(refused ? "refused" : "keyed");
    if (!place) return;
    if (refused) place.insertAdjacentHTML("beforeend", text);
    else place.innerHTML = text;
    htmx.process(place);
    var left = place.querySelector("[data-open-count]");
    if (left) document.getElementById("open-count").textContent = left.dataset.openCount;
  }

  function renew() {
    return freshToken(waiting[0].action).then(function (token) {
      waiting.forEach(function (line) {
        if (token) line.values.set("csrfmiddlewaretoken", token);
      });
    });
  }

  function post() {
    var line = waiting[0];
    return fetch(line.action, { method: "POST", body: line.values, redirect: "error" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text().then(function (text) {
        waiting.shift();
        answered(answer.headers.has("HwCall-Refused"), text);
      });
    });
  }

  function send() {
    var chip = document.querySelector("[data-waiting]");
    var failed = chip && chip.dataset.failed;
    tell();
    if (busy || !waiting.length) return;
    busy = true;
    (failed ? renew().then(post) : post()).then(
      function () {
        busy = false;
        if (chip) delete chip.dataset.failed;
        send();
      },
      function () {
        busy = false;
        if (chip) chip.dataset.failed = "yes";
        tell();
        setTimeout(send, RETRY);
      },
    );
  }

  function queue(form) {
    var values = new URLSearchParams(new FormData(form));
    values.set("part", "1");
    waiting.push({ action: form.action, values: values });
  }

  document.addEventListener(
    "submit",
    function (event) {
      var form = event.target;
      if (!form.matches("form[data-key-in], form[data-corrects]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!form.elements.entry.value.trim()) return;
      queue(form);
      if (form === keyForm()) {
        FIELDS.forEach(function (name) {
          form.elements[name].value = "";
          form.elements[name].classList.remove("is-bad");
          form.elements[name].removeAttribute("aria-invalid");
        });
        // What an answer without the script had said about the line before.
        form.querySelectorAll(".bad-text, [name=correct]").forEach(function (old) {
          old.remove();
        });
      } else {
        form.closest(".strip").remove();
      }
      keyForm().elements.entry.focus();
      send();
    },
    true,
  );

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-drops], [data-again]");
    if (!button) return;
    var fields = keyForm().elements;
    if ("again" in button.dataset) {
      fields.entry.value = button.dataset.again;
      fields.note.value = button.dataset.note;
      fields.order_region.value = button.dataset.orderRegion;
    }
    button.closest(".strip").remove();
    fields.entry.focus();
  });

  window.addEventListener("beforeunload", function (event) {
    if (waiting.length) event.preventDefault();
  });
})();

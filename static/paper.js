// Results are keyed in faster than a server answers: the field is free again at once, what was typed waits in a row and
// goes out one by one, and what was refused stays in sight. Without this each line is a form of its own.
(function () {
  "use strict";

  var RETRY = 3000;
  var waiting = [];
  var busy = false;

  function tell() {
    var chip = document.querySelector("[data-waiting]");
    if (!chip) return;
    chip.hidden = waiting.length < 2 && !chip.dataset.failed;
    chip.querySelector("[data-waiting-count]").textContent = waiting.length;
  }

  function answered(refused, text) {
    var place = document.getElementById(refused ? "refused" : "keyed");
    if (!place) return;
    if (refused) place.insertAdjacentHTML("afterbegin", text);
    else place.innerHTML = text;
    htmx.process(place);
    var left = place.querySelector("[data-open-count]");
    if (left) document.getElementById("open-count").textContent = left.dataset.openCount;
  }

  function send() {
    var chip = document.querySelector("[data-waiting]");
    tell();
    if (busy || !waiting.length) return;
    busy = true;
    fetch(waiting[0].action, { method: "POST", body: waiting[0].values, redirect: "error" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(answer.status);
        return answer.text().then(function (text) {
          waiting.shift();
          answered(answer.headers.has("HwCall-Refused"), text);
        });
      })
      .then(
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

  document.addEventListener(
    "submit",
    function (event) {
      var form = event.target;
      if (!form.matches("form[data-key-in]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!form.elements.entry.value.trim()) return;
      var values = new URLSearchParams(new FormData(form));
      values.set("part", "1");
      waiting.push({ action: form.action, values: values });
      ["entry", "note", "order_region"].forEach(function (name) {
        form.elements[name].value = "";
      });
      form.elements.entry.focus();
      send();
    },
    true,
  );

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-drops]");
    if (button) button.closest(".strip").remove();
  });

  window.addEventListener("beforeunload", function (event) {
    if (waiting.length) event.preventDefault();
  });
})();

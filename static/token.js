// The token that the page's forms carry: who has logged in again in another tab has another one, and only a new page
// says it.
(function () {
  "use strict";

  // Asks the page at an address for it and puts it into all forms of this one; empty where that page has none.
  window.freshToken = function (address) {
    return fetch(address, { redirect: "error" })
      .then(function (answer) {
        return answer.text();
      })
      .then(function (text) {
        var field = new DOMParser().parseFromString(text, "text/html").querySelector("[name=csrfmiddlewaretoken]");
        if (!field) return "";
        document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach(function (other) {
          other.value = field.value;
        });
        document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": field.value }));
        return field.value;
      });
  };
})();

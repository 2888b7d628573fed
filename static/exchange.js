// Puts an answer in place of what it changes, element by element: what is equal stays, and the browser need not lay it
// out again. An answer asks for it by "HX-Reswap: exchange"; its outermost elements are found by their ids.
(function () {
  "use strict";

  function put(fresh, there) {
    there.replaceWith(fresh);
    if (fresh.nodeType === Node.ELEMENT_NODE) htmx.process(fresh);
  }

  // A link is put in anew, since htmx has kept where it led; and so is what a reader of screens shall say again.
  function canStay(there, fresh) {
    if (there.nodeName !== fresh.nodeName || there.nodeName === "A") return false;
    if (there.nodeType !== Node.ELEMENT_NODE) return true;
    var ofRows = there.nodeName === "TBODY" || there.childNodes.length === fresh.childNodes.length;
    return ofRows && !fresh.hasAttribute("data-anew");
  }

  function exchangeAttributes(there, fresh) {
    Array.from(there.attributes).forEach(function (attribute) {
      if (!fresh.hasAttribute(attribute.name)) there.removeAttribute(attribute.name);
    });
    Array.from(fresh.attributes).forEach(function (attribute) {
      if (there.getAttribute(attribute.name) !== attribute.value) there.setAttribute(attribute.name, attribute.value);
    });
  }

  function rowById(row, id) {
    while (row && row.id !== id) row = row.nextElementSibling;
    return row;
  }

  // Rows come in at one end and go out at the other: they are told apart by their ids.
  function exchangeRows(there, fresh) {
    var at = there.firstElementChild;
    Array.from(fresh.children).forEach(function (row) {
      var known = rowById(at, row.id);
      if (!known) {
        there.insertBefore(row, at);
        return htmx.process(row);
      }
      while (at !== known) at = dropped(at);
      at = at.nextElementSibling;
      exchange(known, row);
    });
    while (at) at = dropped(at);
  }

  function dropped(row) {
    var next = row.nextElementSibling;
    row.remove();
    return next;
  }

  function exchange(there, fresh) {
    if (there.isEqualNode(fresh)) return;
    if (!canStay(there, fresh)) return put(fresh, there);
    if (there.nodeType !== Node.ELEMENT_NODE) {
      there.data = fresh.data;
      return;
    }
    exchangeAttributes(there, fresh);
    if (there.nodeName === "TBODY") return exchangeRows(there, fresh);
    var before = Array.from(there.childNodes);
    Array.from(fresh.childNodes).forEach(function (child, i) {
      exchange(before[i], child);
    });
  }

  htmx.defineExtension("exchange", {
    handleSwap: function (style, target, fragment) {
      if (style !== "exchange") return false;
      Array.from(fragment.children).forEach(function (fresh) {
        exchange(document.getElementById(fresh.id), fresh);
      });
      return true;
    },
  });
})();

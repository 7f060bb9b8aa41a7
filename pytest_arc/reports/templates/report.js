"use strict";
// Filters and sorts lists of cases. Without this the page has all there is, in the order it was written.

for (const form of document.querySelectorAll("form.filter")) {
  const list = form.nextElementSibling;
  const cases = [...list.children].map((item, place) => ({ item, place, text: null }));
  const output = form.querySelector("output");

  const has = (item, key, value) => (item.dataset[key] || "").split("\n").includes(value);

  function fits(entry, wanted, words) {
    if (!wanted.every(([key, value]) => has(entry.item, key, value))) return false;
    if (words.length && entry.text === null) entry.text = entry.item.textContent.toLowerCase();
    return words.every((word) => entry.text.includes(word));
  }

  function filter() {
    const chosen = [...new FormData(form)].filter(([key, value]) => value && key !== "sort");
    const words = chosen.filter(([key]) => key === "text").flatMap(([, text]) => text.toLowerCase().split(/\s+/));
    const wanted = chosen.filter(([key]) => key !== "text");
    let shown = 0;
    for (const entry of cases) {
      entry.item.hidden = !fits(entry, wanted, words.filter(Boolean));
      shown += !entry.item.hidden;
    }
    output.textContent = `${shown} of ${cases.length} shown`;
  }

  const figure = (item, key) => Number(item.dataset[key] || 0);
  const name = (item) => item.querySelector(".id").textContent;
  const orders = {
    "": (a, b) => a.place - b.place,
    id: (a, b) => name(a.item).localeCompare(name(b.item)) || a.place - b.place,
    rate: (a, b) => figure(a.item, "rate") - figure(b.item, "rate") || a.place - b.place,
    s: (a, b) => figure(b.item, "s") - figure(a.item, "s") || a.place - b.place,
    usd: (a, b) => figure(b.item, "usd") - figure(a.item, "usd") || a.place - b.place,
  };

  function sort() {
    cases.sort(orders[form.elements.sort.value]);
    list.append(...cases.map((entry) => entry.item));
  }

  form.addEventListener("input", filter);
  form.elements.sort.addEventListener("change", sort);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { filter(); sort(); }));
  form.hidden = false;
}

// A link to a case opens it, and the list it stands in.
function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (!target || !target.matches(".case")) return;
  for (let node = target.parentElement; node; node = node.parentElement) {
    if (node.tagName === "DETAILS") node.open = true;
  }
  target.hidden = false;
  const details = target.querySelector("details");
  if (details) details.open = true;
  target.scrollIntoView();
}

addEventListener("hashchange", openTarget);
openTarget();

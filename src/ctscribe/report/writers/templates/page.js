"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const figures = all("figure.figure");
  const tabs = document.querySelector(".tabs");
  if (!figures.length) return;

  const choose = (number) => {
    for (const figure of figures) figure.classList.toggle("chosen", figure.dataset.figure === number);
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.dataset.figure === number));
    for (const level of all(".level")) level.classList.toggle("lit", level.dataset.figure === number);
  };
  const light = (source) => {
    const keys = source && source.dataset.keys ? source.dataset.keys.split(" ") : [];
    for (const item of all(".claim.lit, tr.lit")) item.classList.remove("lit");
    if (source) source.classList.add("lit");
    for (const item of all("[data-key]")) item.classList.toggle("lit", keys.includes(item.dataset.key));
    document.body.classList.toggle("lighting", keys.length > 0);
  };
  const follow = (source, number = source.dataset.figure) => {
    light(source);
    if (number) choose(number);
  };

  for (const figure of figures) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.dataset.figure = figure.dataset.figure;
    tab.textContent = figure.dataset.figure;
    tab.setAttribute("aria-label", `Figure ${figure.dataset.figure}`);
    tab.addEventListener("click", () => { light(null); choose(tab.dataset.figure); });
    tabs.append(tab);
  }
  for (const source of all(".claim, .lesions tbody tr")) {
    source.addEventListener("mouseenter", () => follow(source));
    source.addEventListener("focusin", () => follow(source));
  }
  for (const link of all("a[href^='#figure-']")) {
    const source = link.closest(".claim, tr");
    const number = link.getAttribute("href").slice("#figure-".length);
    for (const event of ["mouseenter", "focus"]) link.addEventListener(event, () => follow(source, number));
    link.addEventListener("click", (event) => {
      follow(source, number);
      if (matchMedia("(min-width: 1000px)").matches) event.preventDefault();
    });
  }
  for (const level of all(".level")) level.addEventListener("click", () => { light(null); choose(level.dataset.figure); });

  tabs.hidden = false;
  document.documentElement.classList.add("script");
  choose(figures[0].dataset.figure);
})();

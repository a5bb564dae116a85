(function () {
  "use strict";
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const KEPT = "pql-dashboard-theme";

  // A file opened from a disk may be denied storage; then the choice lasts as long as the page.
  function kept() { try { return window.localStorage.getItem(KEPT); } catch (denied) { return null; } }
  function keep(theme) { try { window.localStorage.setItem(KEPT, theme); } catch (denied) { return; } }
  function isDark() { return root.dataset.theme ? root.dataset.theme === "dark" : system.matches; }
  function tellTheme() { button.setAttribute("aria-pressed", String(isDark())); }
  if (kept() === "dark" || kept() === "light") { root.dataset.theme = kept(); }
  button.addEventListener("click", function () {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep(root.dataset.theme);
    tellTheme();
  });
  system.addEventListener("change", tellTheme);
  tellTheme();

  // Definitions: placed within the window, whatever scrolls around them; Escape puts them away.
  root.classList.add("scripted");
  const EDGE = 12;
  let shown = null;
  function hide() { if (shown) { shown.classList.remove("shown"); shown = null; } }
  function show(definition) {
    const tip = definition.querySelector(".tip");
    if (tip === shown) { return; }
    hide();
    tip.classList.add("shown");
    const place = definition.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const left = Math.max(EDGE, Math.min(place.left, root.clientWidth - size.width - EDGE));
    const below = place.bottom + 6;
    const top = below + size.height > window.innerHeight ? Math.max(EDGE, place.top - size.height - 6) : below;
    tip.style.left = left + "px";
    tip.style.top = top + "px";
    shown = tip;
  }
  document.querySelectorAll(".def").forEach(function (definition) {
    definition.addEventListener("mouseenter", function () { show(definition); });
    definition.addEventListener("focusin", function () { show(definition); });
    definition.addEventListener("mouseleave", hide);
    definition.addEventListener("focusout", hide);
  });
  document.addEventListener("keydown", function (pressed) { if (pressed.key === "Escape") { hide(); } });
  window.addEventListener("scroll", hide, { passive: true });

  // Charts: colours are variables of the page, so that a change of theme, or paper, needs no other drawing.
  const data = JSON.parse(document.getElementById("charts").textContent);
  const options = { renderer: "svg", actions: false, config: data.config, tooltip: { disableDefaultStyle: true }, defaultStyle: false };
  const drawings = Array.from(document.querySelectorAll("[data-chart]"), function (place) {
    return window.vegaEmbed(place, data.charts[place.id], options).catch(function (error) {
      place.textContent = "This chart cannot be drawn; its numbers are in the table below.";
      console.error(place.id, error);
    });
  });
  Promise.all(drawings).then(function () { root.dataset.charts = "drawn"; });
})();

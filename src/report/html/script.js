"use strict";
const form = document.getElementById("filters");
if (form) {
  const items = [...document.querySelectorAll("#list > li")];
  const words = document.getElementById("words");
  const show = () => {
    const severities = new Set([...form.querySelectorAll("input[name=severity]:checked")].map((box) => box.value));
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      item.hidden = !severities.has(item.dataset.severity) || !wanted.every((word) => text.includes(word));
      shown += item.hidden ? 0 : 1;
    }
    document.getElementById("shown").textContent = `${shown} of ${items.length} shown`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("all").addEventListener("click", (event) => {
    const open = event.target.textContent === "Open all";
    for (const item of items) item.firstElementChild.open = open;
    event.target.textContent = open ? "Close all" : "Open all";
  });
  form.hidden = false;
  show();
}

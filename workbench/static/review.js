// Keys for reviewing. Every page works without this file: it presses the buttons that are there,
// and in the queue it stays on the page instead of loading it anew after each decision.
"use strict";

(() => {
  const items = [...document.querySelectorAll(".item")];
  const inPlace = document.querySelector("[data-in-place]") !== null;
  const keys = document.getElementById("keys");
  const undos = [];
  let current = inPlace ? -1 : 0;

  const say = (text) => {
    const said = document.getElementById("said");
    if (said) said.textContent = text;
  };

  const select = (number) => {
    if (!items[number]) return;
    current = number;
    items.forEach((item, at) => item.classList.toggle("current", at === number));
    items[number].focus({ preventScroll: true });
    items[number].scrollIntoView({ block: "nearest" });
  };

  const post = async (form, data) => {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(data),
      redirect: "error",
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.error || "It was not recorded; load the page again.");
    return found;
  };

  const count = (by) => {
    const counter = document.querySelector("[data-count]");
    if (!/^[\d,]+$/.test(counter.textContent)) return;
    counter.dataset.count = Number(counter.dataset.count) + by;
    counter.textContent = Number(counter.dataset.count).toLocaleString("en");
  };

  const problem = (item, error) => {
    item.querySelector(".problem")?.remove();
    const text = error instanceof TypeError ? "The workbench does not answer; nothing was recorded." : error.message;
    const shown = document.createElement("p");
    shown.className = "notice problem";
    shown.setAttribute("role", "alert");
    shown.textContent = text;
    item.append(shown);
  };

  // One decision at a time for each story: a second key waits for nothing, it is ignored.
  const busy = new WeakSet();
  const alone = async (item, act) => {
    if (busy.has(item)) return;
    busy.add(item);
    try {
      await act();
      item.querySelector(".problem")?.remove();
    } catch (error) {
      problem(item, error);
    } finally {
      busy.delete(item);
    }
  };

  const decide = (item, form, button) => alone(item, async () => {
    const data = new FormData(form, button);
    const { review } = await post(form, data);
    const verdict = { confirmed: "Confirmed", rejected: "Rejected", unsure: "Unsure" }[button.value];
    const line = document.createElement("div");
    line.className = "decided";
    const badge = document.createElement("span");
    badge.className = `badge decision-${button.value}`;
    badge.textContent = verdict;
    const back = document.createElement("button");
    back.type = "button";
    back.append("Undo ");
    const hint = document.createElement("kbd");
    hint.textContent = "z";
    hint.setAttribute("aria-hidden", "true");
    back.append(hint);
    line.append(badge, " ", back);
    form.hidden = true;
    item.append(line);
    item.classList.add("done");
    count(-1);
    say(`${verdict}. The key z undoes it.`);

    const undo = () => alone(item, async () => {
      const taken = new FormData();
      for (const field of ["csrftoken", "next"]) taken.set(field, data.get(field));
      taken.set("decision", "withdrawn");
      taken.set("review", review);
      await post(form, taken);
      undos.splice(undos.indexOf(undo), 1);
      line.remove();
      form.hidden = false;
      item.classList.remove("done");
      count(1);
      say("Undone.");
      select(items.indexOf(item));
    });
    undos.push(undo);
    back.addEventListener("click", undo);
    const next = items.findIndex((other, at) => at > items.indexOf(item) && !other.classList.contains("done"));
    select(next >= 0 ? next : items.indexOf(item));
  });

  if (inPlace) {
    for (const item of items) {
      const form = item.querySelector("form.decide");
      form?.addEventListener("submit", (event) => {
        if (!event.submitter) return;
        event.preventDefault();
        decide(item, form, event.submitter);
      });
      item.addEventListener("focusin", () => {
        current = items.indexOf(item);
        items.forEach((other) => other.classList.toggle("current", other === item));
      });
    }
  }

  const press = (value) => {
    const item = items[current];
    if (!item || item.classList.contains("done")) return;
    const button = item.querySelector(`form.decide button[value="${value}"]`);
    if (button) button.form.requestSubmit(button);
  };

  const actions = {
    j: () => inPlace && select(Math.min(current + 1, items.length - 1)),
    k: () => inPlace && select(Math.max(current - 1, 0)),
    o: () => inPlace && items[current]?.querySelector("a.headline")?.click(),
    c: () => press("confirmed"),
    r: () => press("rejected"),
    u: () => press("unsure"),
    n: () => {
      const note = items[current]?.querySelector("textarea");
      if (!note || items[current].classList.contains("done")) return;
      note.closest("details")?.setAttribute("open", "");
      note.focus();
    },
    z: () => {
      if (undos.length) undos[undos.length - 1]();
      else document.querySelector(".outcome form.undo, #review .history form.undo")?.requestSubmit();
    },
    "?": () => keys?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (keys?.open) return;
    const writing = event.target.closest("input, select, textarea, [contenteditable]");
    if (writing) {
      if (event.key === "Escape" && items[current]?.contains(writing)) select(current);
      return;
    }
    const act = actions[event.key];
    if (!act || (event.repeat && !"jk".includes(event.key))) return;
    event.preventDefault();
    act();
  });

  for (const button of document.querySelectorAll(".show-keys")) {
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
  }
})();

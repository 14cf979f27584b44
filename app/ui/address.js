// The page's address says which tab is open and what is chosen there: so Back and Forward, links, and
// loading the page anew lead there. An element says its part of the address as `data-address`; one
// with `aria-pressed` counts while it is pressed, and is pressed when an address asks for it.
() => {
  const KEYS = ["preset", "movement", "depth", "layer", "channel"];
  const SLIDERS = { depth: "#inside-depth input[type=range]" };
  const PATIENCE = 20000; // Milliseconds, after which what an address asks for counts as missing.

  const until = (find, patience = PATIENCE) =>
    new Promise((done) => {
      const end = performance.now() + patience;
      const look = () => {
        const found = find();
        if (found || performance.now() > end) done(found);
        else setTimeout(look, 50);
      };
      setTimeout(look, 50);
    });
  const inSight = (selector) =>
    [...document.querySelectorAll(selector)].filter((part) => part.offsetParent);

  const tabs = () => [...document.querySelectorAll("#tabs > .tab-wrapper [role=tab]")];
  const nameOf = (tab) => tab.dataset.tabId.toLowerCase().replaceAll(" ", "-");
  const opened = () => tabs().find((tab) => tab.ariaSelected === "true");
  const open = (name) => tabs().find((tab) => nameOf(tab) === name)?.click();
  const asked = () => new URLSearchParams(location.search);
  const askedTab = () =>
    asked().get("tab")?.toLowerCase().replaceAll(" ", "-") ??
    (asked().has("channel") ? "atlas" : nameOf(tabs()[0]));

  // Of several that are chosen, as in a blend of styles, none has an address.
  const chosen = () => {
    const found = new Map();
    for (const part of inSight("[data-address]:not([aria-pressed=false])"))
      for (const [key, value] of new URLSearchParams(part.dataset.address))
        found.set(key, found.has(key) ? null : value);
    for (const [key, selector] of Object.entries(SLIDERS))
      for (const slider of inSight(selector))
        if (slider.value !== slider.max) found.set(key, slider.value);
    return [...found].filter(([, value]) => value !== null);
  };

  let following = false; // Not before something is pressed, nor while an address is visited.
  const follow = () => {
    if (!following || !opened()) return;
    const query = asked();
    const change = nameOf(opened()) === askedTab() ? "replaceState" : "pushState";
    ["tab", ...KEYS].forEach((key) => query.delete(key)); // Whatever else there is stays.
    query.set("tab", nameOf(opened()));
    for (const [key, value] of chosen()) query.set(key, value);
    if (`?${query}` === location.search) return;
    history[change](history.state, "", `${location.pathname}?${query}`);
    const top = document.querySelector("#tabs");
    if (change === "pushState" && top.getBoundingClientRect().top < 0) top.scrollIntoView();
  };

  const restored = () => !document.querySelector("[data-restoring]"); // See token_store.js.
  // What is looked for may be in a tab within the tab, which is laid out when it is opened.
  const find = async (address) => {
    const here = () => inSight("[data-address]").find((part) => part.dataset.address === address);
    await until(() => inSight("[data-address]").length);
    await until(restored);
    for (const tab of [null, ...inSight("#tabs [role=tabpanel] [role=tab]")]) {
      tab?.click();
      const found = await until(here, 1500);
      if (found) return found;
    }
  };
  const visit = async () => {
    const parts = KEYS.filter((key) => asked().has(key)).map((key) => [key, asked().get(key)]);
    const name = askedTab();
    open(name);
    await until(() => nameOf(opened()) === name, 2000);
    for (const [key, value] of parts.filter(([key]) => key in SLIDERS)) {
      const slider = await until(() => inSight(SLIDERS[key])[0]);
      await until(restored);
      if (!slider) continue;
      slider.value = value;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const address = `${new URLSearchParams(parts.filter(([key]) => !(key in SLIDERS)))}`;
    const found = address && (await find(address));
    if (!found) return;
    found.scrollIntoView({ block: "center" });
    if (found.ariaPressed === "false") found.click();
  };

  const begin = async () => {
    await until(opened);
    let waiting;
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(follow, 100);
    };
    new MutationObserver(soon).observe(document.querySelector("#tabs"), {
      subtree: true,
      childList: true,
      attributeFilter: ["aria-selected", "aria-pressed", "data-address"],
    });
    document.addEventListener("input", soon);
    window.addEventListener("popstate", () => open(askedTab()));
    if (KEYS.some((key) => asked().has(key)) || asked().has("tab")) await visit();
    for (const kind of ["click", "keydown"])
      document.addEventListener(kind, () => (following = true), { capture: true, once: true });
  };
  // An address of "#part" alone would be that of the page without its query: another page.
  document.addEventListener("click", (event) => {
    const part = event.target.closest('a[href^="#"]')?.getAttribute("href");
    if (!part) return;
    event.preventDefault();
    document.querySelector(part)?.scrollIntoView({ behavior: "smooth" });
  });
  begin();
};

// The page's address holds the open tab and what is selected there, for Back and Forward, links and
// reloads. An element has its part of the address as `data-address`; one with `aria-pressed` counts
// while it is pressed, and is pressed when an address contains it.
() => {
  const KEYS = ["preset", "movement", "depth", "layer", "channel"];
  const SLIDERS = { depth: "#inside-depth input[type=range]" };
  const TIMEOUT = 20000; // Milliseconds after which something in an address counts as missing.

  const until = (find, timeout = TIMEOUT) =>
    new Promise((done) => {
      const end = performance.now() + timeout;
      const poll = () => {
        const found = find();
        if (found || performance.now() > end) done(found);
        else setTimeout(poll, 50);
      };
      setTimeout(poll, 50);
    });
  const visible = (selector) =>
    [...document.querySelectorAll(selector)].filter((part) => part.offsetParent);

  const tabs = () => [...document.querySelectorAll("#tabs > .tab-wrapper [role=tab]")];
  const nameOf = (tab) => tab.dataset.tabId.toLowerCase().replaceAll(" ", "-");
  const selectedTab = () => tabs().find((tab) => tab.ariaSelected === "true");
  const open = (name) => tabs().find((tab) => nameOf(tab) === name)?.click();
  const parameters = () => new URLSearchParams(location.search);
  const requestedTab = () =>
    parameters().get("tab")?.toLowerCase().replaceAll(" ", "-") ??
    (parameters().has("channel") ? "atlas" : nameOf(tabs()[0]));

  // Of several selected at once, as in a blend of styles, none has an address.
  const selection = () => {
    const found = new Map();
    for (const part of visible("[data-address]:not([aria-pressed=false])"))
      for (const [key, value] of new URLSearchParams(part.dataset.address))
        found.set(key, found.has(key) ? null : value);
    for (const [key, selector] of Object.entries(SLIDERS))
      for (const slider of visible(selector))
        if (slider.value !== slider.max) found.set(key, slider.value);
    return [...found].filter(([, value]) => value !== null);
  };

  let recording = false; // Not before something is pressed, nor while an address is restored.
  const updateAddress = () => {
    if (!recording || !selectedTab()) return;
    const query = parameters();
    const change = nameOf(selectedTab()) === requestedTab() ? "replaceState" : "pushState";
    ["tab", ...KEYS].forEach((key) => query.delete(key)); // Other parameters stay.
    query.set("tab", nameOf(selectedTab()));
    for (const [key, value] of selection()) query.set(key, value);
    if (`?${query}` === location.search) return;
    history[change](history.state, "", `${location.pathname}?${query}`);
    const top = document.querySelector("#tabs");
    if (change === "pushState" && top.getBoundingClientRect().top < 0) top.scrollIntoView();
  };

  const restored = () => !document.querySelector("[data-restoring]"); // See token_store.js.
  // The element may be in a tab within the tab, which is laid out when it is opened.
  const find = async (address) => {
    const here = () => visible("[data-address]").find((part) => part.dataset.address === address);
    await until(() => visible("[data-address]").length);
    await until(restored);
    for (const tab of [null, ...visible("#tabs [role=tabpanel] [role=tab]")]) {
      tab?.click();
      const found = await until(here, 1500);
      if (found) return found;
    }
  };
  const restore = async () => {
    const query = parameters();
    const parts = KEYS.filter((key) => query.has(key)).map((key) => [key, query.get(key)]);
    const name = requestedTab();
    open(name);
    await until(() => nameOf(selectedTab()) === name, 2000);
    for (const [key, value] of parts.filter(([key]) => key in SLIDERS)) {
      const slider = await until(() => visible(SLIDERS[key])[0]);
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
    await until(selectedTab);
    let timer;
    const schedule = () => {
      clearTimeout(timer);
      timer = setTimeout(updateAddress, 100);
    };
    new MutationObserver(schedule).observe(document.querySelector("#tabs"), {
      subtree: true,
      childList: true,
      attributeFilter: ["aria-selected", "aria-pressed", "data-address"],
    });
    document.addEventListener("input", schedule);
    window.addEventListener("popstate", () => open(requestedTab()));
    if (KEYS.some((key) => parameters().has(key)) || parameters().has("tab")) await restore();
    for (const kind of ["click", "keydown"])
      document.addEventListener(kind, () => (recording = true), { capture: true, once: true });
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

// A small MCP client in the page. It reads what the key may read and changes nothing; whatever comes back is set as
// text, never as HTML.

const PROTOCOL = "2026-07-28";
const SEARCHES = [
  { tool: "memory_retrieve", title: "Search memories", label: "Question or key words",
    ask: (query) => ({ query, scope: "tenant", limit: 20 }) },
  { tool: "rag_search", title: "Search documents", label: "Question or key words",
    ask: (query) => ({ query, k: 10 }) },
];

const at = (id) => document.getElementById(id);
let number = 0;
let latest = 0; // the last view asked for: an answer that comes after it is not shown

async function send(method, params = {}) {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "satchel-viewer", version: "1" },
  };
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": PROTOCOL,
    "Mcp-Method": method,
  };
  const name = params.name ?? params.uri;
  if (name) headers["Mcp-Name"] = encoded(name);
  const key = at("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++number, method, params: { ...params, _meta: meta } });
  const response = await fetch("mcp", { method: "POST", headers, body });
  const answer = await response.json();
  if (answer.error) throw new Error(answer.error.message ?? answer.error_description ?? answer.error);
  return answer.result;
}

// Headers hold visible ASCII; the protocol has this form for anything else.
function encoded(name) {
  if (/^[\x21-\x7e]+$/.test(name)) return name;
  const bytes = new TextEncoder().encode(name);
  return `=?base64?${btoa(String.fromCharCode(...bytes))}?=`;
}

async function read(uri) {
  const { contents } = await send("resources/read", { uri });
  return contents.map((content) => content.text).join("\n");
}

async function call(name, args) {
  const { content, isError } = await send("tools/call", { name, arguments: args });
  const text = content.filter((part) => part.type === "text").map((part) => part.text).join("\n");
  if (isError) throw new Error(text);
  return text;
}

async function show(work) {
  const mine = ++latest;
  at("note").textContent = "Reading …";
  at("text").hidden = true;
  try {
    const text = await work();
    if (mine !== latest) return;
    at("note").textContent = "";
    at("text").textContent = text;
    at("text").hidden = false;
  } catch (error) {
    if (mine === latest) at("note").textContent = error.message;
  }
}

function button(title, open) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = title;
  made.addEventListener("click", () => {
    for (const other of at("views").children) other.removeAttribute("aria-current");
    made.setAttribute("aria-current", "true");
    open();
  });
  at("views").append(made);
}

function plain(work) {
  at("asking").hidden = true;
  show(work);
}

// A view that needs a word first; `complete` offers what there is.
function asking(label, work, complete) {
  latest++;
  const [form, value, values] = [at("asking"), at("value"), at("values")];
  form.hidden = false;
  form.querySelector("label").textContent = label;
  value.value = "";
  values.replaceChildren();
  at("text").hidden = true;
  at("note").textContent = "";
  const offer = async () => {
    if (!complete) return;
    const found = await complete(value.value).catch(() => []);
    values.replaceChildren(...found.map((each) => Object.assign(document.createElement("option"), { value: each })));
  };
  value.oninput = offer;
  form.onsubmit = (event) => {
    event.preventDefault();
    if (value.value.trim()) show(() => work(value.value.trim()));
  };
  offer();
  value.focus();
}

function completing(uriTemplate, name) {
  return async (value) => {
    const ref = { type: "ref/resource", uri: uriTemplate };
    return (await send("completion/complete", { ref, argument: { name, value } })).completion.values;
  };
}

async function open() {
  const [{ resources }, { resourceTemplates }, { tools }] = await Promise.all(
    ["resources/list", "resources/templates/list", "tools/list"].map((method) => send(method)),
  );
  at("views").replaceChildren();
  for (const { tool, title, label, ask } of SEARCHES) {
    if (tools.some(({ name }) => name === tool))
      button(title, () => asking(label, (query) => call(tool, ask(query))));
  }
  for (const { uriTemplate, title } of resourceTemplates) {
    const [, name] = uriTemplate.match(/\{(\w+)\}/);
    const uri = (value) => uriTemplate.replace(/\{\w+\}/, () => encodeURIComponent(value));
    button(title, () => asking(name.replaceAll("_", " "), (value) => read(uri(value)), completing(uriTemplate, name)));
  }
  for (const { uri, title } of resources) button(title, () => plain(() => read(uri)));
}

at("opening").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("asking").hidden = true;
  at("text").hidden = true;
  at("note").textContent = "Opening …";
  try {
    await open();
    at("note").textContent = "Choose what to look at.";
  } catch (error) {
    at("views").replaceChildren();
    at("note").textContent = error.message;
  }
});

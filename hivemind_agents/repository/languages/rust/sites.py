"""Front ends that Rust compiles to WebAssembly: Trunk (Yew, Leptos), Dioxus."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.rust.project import RustProject

_FRAMEWORKS = ("yew", "leptos", "dioxus", "sycamore", "seed", "percy", "perseus")


def detect(project: RustProject) -> Match | None:
    """A page that Trunk builds, or a web application of Dioxus."""
    tree = project.tree
    page = tree.has("Trunk.toml") or (
        "index.html" if tree.search("index.html", r"data-trunk") else None
    )
    name = next((item for item in _FRAMEWORKS if project.dependencies.runtime(item)), None)
    dioxus = tree.has("Dioxus.toml") if name == "dioxus" else None
    if name is None or not (page or dioxus or (name == "yew" and "index.html" in tree)):
        return None
    listed = project.dependencies[name]
    if project.serving:
        return None
    return Match(
        framework=name,
        kind="static",
        rank=50,
        confidence=SURE,
        kind_confidence=0.9,
        evidence=(listed.where, page or dioxus or "index.html"),
        build=("dx build --release",) if dioxus and not page else ("trunk build --release",),
        document_root="dist",
        single_page=True,
    )

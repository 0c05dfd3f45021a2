# ruff: noqa: E501 - a tree a line, read sideways
"""Static sites, with and without a generator."""

from cases import case

CASES = [
    case("static-index", {"index.html": "<html>", "style.css": ""}, language="static", kind="static", document_root=".", framework=None, package_manager=None, start=None, health_path="/", build=[], needs=[], questions=[]),
    case("static-public", {"public/index.html": "<html>"}, language="static", kind="static", document_root="public"),
    case("staticfile-root", {"Staticfile": "root: dist\n", "dist/index.html": "<html>"}, language="static", document_root="dist"),
    case("static-with-script", {"index.html": "<script src=main.js></script>", "main.js": "document.title = 'x'\n"}, language="static", kind="static"),
    case("static-with-prettier", {"index.html": "<html>", "package.json": '{"devDependencies":{"prettier":"3"}}'}, kind="static", document_root="."),
    case("static-with-deploy-script", {"index.html": "<html>", "deploy.sh": "rsync\n"}, language="static", kind="static"),
    case("hugo", {"hugo.toml": "baseURL = 'x'\n", "content/a.md": "x", "themes/t/theme.toml": ""}, language="static", framework="hugo", kind="static", document_root="public", build=["hugo --gc --minify"]),
    case("hugo-older", {"config.toml": "baseURL = 'x'\ntheme = 'a'\n", "content/a.md": "x"}, framework="hugo"),
    case("zola", {"config.toml": "base_url = 'x'\n", "content/_index.md": "x", "templates/index.html": ""}, framework="zola", document_root="public"),
    case("jekyll-gemfile", {"Gemfile": "source 'https://rubygems.org'\ngem 'jekyll'\n", "_config.yml": "title: x\n", "index.md": "x"}, framework="jekyll", kind="static", document_root="_site", language="ruby"),
    case("jekyll-plain", {"_config.yml": "title: x\n", "_posts/a.md": "x", "index.md": "x"}, framework="jekyll", kind="static"),
    case("mdbook", {"book.toml": "[book]\n", "src/SUMMARY.md": "# S\n"}, framework="mdbook", document_root="book"),
    case("render-static-publish-path", {"index.html": "<html>", "render.yaml": "services:\n  - type: web\n    runtime: static\n    staticPublishPath: ./site\n"}, kind="static", document_root="site"),
    case("nginx-dockerfile", {"Dockerfile": "FROM nginx:alpine\nCOPY . /usr/share/nginx/html\nEXPOSE 80\n", "index.html": "<html>"}, language="static", kind="static", start=None),
]  # fmt: skip

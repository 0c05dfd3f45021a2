"""PHP: Laravel, Symfony, Slim and plain pages."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.structured import read_json, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

# package: (framework, document root)
FRAMEWORKS: dict[str, tuple[str, str]] = {
    "laravel/framework": ("laravel", "public"), "laravel/lumen-framework": ("lumen", "public"),
    "symfony/framework-bundle": ("symfony", "public"), "symfony/symfony": ("symfony", "public"),
    "slim/slim": ("slim", "public"), "cakephp/cakephp": ("cakephp", "webroot"), "yiisoft/yii2": ("yii", "web"),
    "codeigniter4/framework": ("codeigniter", "public"), "drupal/core": ("drupal", "web"), "drupal/core-recommended": ("drupal", "web"),
    "roots/bedrock": ("wordpress", "web"), "roots/wordpress": ("wordpress", "web"), "johnpbloch/wordpress": ("wordpress", "."),
    "silex/silex": ("silex", "web"), "mezzio/mezzio": ("mezzio", "public"), "laminas/laminas-mvc": ("laminas", "public"),
    "getgrav/grav": ("grav", "."), "statamic/cms": ("laravel", "public"), "bcosca/fatfree": ("fatfree", "."),
    "bcosca/fatfree-core": ("fatfree", "."), "mikecao/flight": ("flight", "."), "flightphp/core": ("flight", "public"),
    "hyperf/framework": ("hyperf", "public"), "spiral/framework": ("spiral", "public"), "leafs/leaf": ("leaf", "public"),
    "nette/application": ("nette", "www"), "phalcon/devtools": ("phalcon", "public"),
}  # fmt: skip
_ROOTS = ("public", "web", "webroot", "www", "public_html", "htdocs", "html", "src", "app")


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as PHP."""
    manifest = tree.has("composer.json")
    page = _front_page(tree)
    if manifest is None and page is None and "artisan" not in tree:
        return None
    packages = _packages(tree)
    match = _match(tree, packages, page)
    return finding_of(
        match,
        language="php",
        manifest=manifest or page or "artisan",
        language_confidence=CERTAIN if manifest and page else SURE,
        serves=CERTAIN - 0.01 if match.framework else SURE if match.kind == "web" else WEAK,
        version=_version(tree),
        manager=Fact("composer", CERTAIN, (manifest,)) if manifest else None,
        install=("composer install --no-dev --optimize-autoloader",) if manifest else (),
        dependencies=packages,
        health=_health(tree, match) if match.kind == "web" else None,
    )


def _front_page(tree: FileTree) -> str | None:
    for folder in ("", *(root + "/" for root in _ROOTS)):
        if f"{folder}index.php" in tree:
            return f"{folder}index.php"
    return next(iter(tree.root_files("*.php")), None)


def _packages(tree: FileTree) -> Dependencies:
    content = read_json(tree, "composer.json")
    found = []
    for key, dev in (("require", False), ("require-dev", True)):
        for name, spec in table(content.get(key)).items():
            found.append(Dependency(name.lower(), text_of(spec) or "", tree.where("composer.json", f'"{name}"'), dev=dev))
    return Dependencies(found)


def _version(tree: FileTree) -> Fact[str] | None:
    content = read_json(tree, "composer.json")
    found = plain_version_file(tree, ".php-version") or tool_version(tree, "php")
    if found:
        return found
    required = text_of(table(content.get("require")).get("php"))
    platform = text_of(table(table(content.get("config")).get("platform")).get("php"))
    version = required or platform
    return Fact(version, CERTAIN, (tree.where("composer.json", '"php"'),)) if version else None


def _match(tree: FileTree, packages: Dependencies, page: str | None) -> Match:
    framework = listed = None
    root = page.rpartition("/")[0] or "." if page else "."
    for package, (name, folder) in FRAMEWORKS.items():
        entry = packages.runtime(package)
        if entry:
            framework, listed = name, entry.where
            if tree.has_folder(folder) or page is None:
                root = folder
            break
    if framework is None and tree.has("wp-config.php", "wp-config-sample.php", "wp-login.php", "wp-load.php"):
        framework, listed = "wordpress", "wp-login.php" if "wp-login.php" in tree else "wp-config.php"
    if framework is None and "artisan" in tree:
        framework, listed, root = "laravel", "artisan", "public"
    if framework is None and (tree.has("system/core/CodeIgniter.php")):
        framework, listed = "codeigniter", "system/core/CodeIgniter.php"
    if framework is None and page is None:
        kind = "library" if read_json(tree, "composer.json").get("autoload") else "cli"
        return Match(framework=None, kind=kind, kind_confidence=LIKELY if kind == "library" else WEAK, evidence=("composer.json",))  # type: ignore[arg-type]  # one of the two
    if framework is None and page and not page.endswith("index.php"):
        return _script(tree, page)
    processes: dict[str, str] = {}
    build: tuple[str, ...] = ()
    start = f"php -S 0.0.0.0:$PORT -t {root}" if root != "." else "php -S 0.0.0.0:$PORT"
    if framework in {"slim", "silex", "lumen", "mezzio"} and f"{root}/index.php" in tree:
        start += f" {root}/index.php"
    if framework == "laravel":
        start = "php artisan serve --host=0.0.0.0 --port=$PORT"
        processes["release"] = "php artisan migrate --force"
        if packages.runtime("laravel/horizon"):
            processes["worker"] = "php artisan horizon"
        if packages.runtime("laravel/octane"):
            start = "php artisan octane:start --host=0.0.0.0 --port=$PORT"
    elif framework == "symfony" and packages.runtime("doctrine/doctrine-migrations-bundle") and tree.has_folder("migrations"):
        processes["release"] = "php bin/console doctrine:migrations:migrate --no-interaction --allow-no-migration"
    if "package.json" in tree and table(read_json(tree, "package.json").get("scripts")).get("build"):
        runner = "yarn" if "yarn.lock" in tree else "pnpm" if "pnpm-lock.yaml" in tree else "npm"
        install = {"npm": "npm ci" if "package-lock.json" in tree else "npm install", "yarn": "yarn install --frozen-lockfile",
                   "pnpm": "pnpm install --frozen-lockfile"}[runner]  # fmt: skip
        build = (install, f"{runner} run build")
    return Match(
        framework=framework, kind="web", confidence=CERTAIN - 0.02, kind_confidence=0.95 if framework or page else LIKELY,
        evidence=tuple(item for item in (listed, page) if item), start=start, start_confidence=0.8,
        document_root=root, port=8000, build=build, processes=processes,
    )  # fmt: skip


def _script(tree: FileTree, page: str) -> Match:
    """A lone file: a page, or a program of the shell."""
    text = tree.text(page) or ""
    serves = re.search(r"<html|<!doctype|\$_(?:GET|POST|SERVER)|header\(", text, re.I)
    if serves:
        return Match(framework=None, kind="web", kind_confidence=LIKELY, evidence=(page,), document_root=".",
                     start="php -S 0.0.0.0:$PORT", start_confidence=GUESS, port=8000)  # fmt: skip
    return Match(framework=None, kind="cli", kind_confidence=0.75, evidence=(page,), start=f"php {page}", start_confidence=0.75)


def _health(tree: FileTree, match: Match) -> Fact[str] | None:
    if match.framework == "laravel":
        up = tree.search("bootstrap/app.php", r"health:\s*'([^']+)'")
        if up:
            return Fact(up.group(1), SURE, (tree.where("bootstrap/app.php", "health:"),))
    found = scan_routes(
        tree, (".php",), r"Route::get\(\s*[\"']([^\"']*)[\"']", r"->(?:get|map)\(\s*(?:\[[^\]]*\]\s*,\s*)?[\"'](/[^\"']*)[\"']",
        r"#\[Route\(\s*(?:path:\s*)?[\"']([^\"']*)[\"']",
    )  # fmt: skip
    if found:
        return found
    if match.document_root and f"{match.document_root}/index.php".removeprefix("./") in tree and match.framework is None:
        return Fact("/", SURE - 0.03, match.evidence)
    return Fact("/", GUESS, match.evidence)

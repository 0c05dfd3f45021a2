"""Frameworks and systems of PHP whose front page is all that has to be served."""

from hivemind_agents.repository.facts import CERTAIN, Match
from hivemind_agents.repository.languages.php.project import PhpProject

# package: (framework, document root where the front page does not tell)
PACKAGES: dict[str, tuple[str, str]] = {
    "slim/slim": ("slim", "public"),
    "cakephp/cakephp": ("cakephp", "webroot"),
    "yiisoft/yii2": ("yii", "web"),
    "yiisoft/yii": ("yii", "."),
    "yiisoft/yii-http": ("yii", "public"),
    "yiisoft/yii-runner-http": ("yii", "public"),
    "codeigniter4/framework": ("codeigniter", "public"),
    "codeigniter/framework": ("codeigniter", "."),
    "drupal/core": ("drupal", "web"),
    "drupal/core-recommended": ("drupal", "web"),
    "roots/bedrock": ("wordpress", "web"),
    "roots/wordpress": ("wordpress", "web"),
    "johnpbloch/wordpress": ("wordpress", "."),
    "johnpbloch/wordpress-core": ("wordpress", "."),
    "craftcms/cms": ("craft", "web"),
    "silverstripe/framework": ("silverstripe", "public"),
    "typo3/cms-core": ("typo3", "public"),
    "magento/product-community-edition": ("magento", "pub"),
    "silex/silex": ("silex", "web"),
    "mezzio/mezzio": ("mezzio", "public"),
    "zendframework/zend-expressive": ("zend", "public"),
    "zendframework/zend-mvc": ("zend", "public"),
    "laminas/laminas-mvc": ("laminas", "public"),
    "getkirby/cms": ("kirby", "."),
    "bcosca/fatfree": ("fat-free", "."),
    "bcosca/fatfree-core": ("fat-free", "."),
    "flightphp/core": ("flight", "public"),
    "mikecao/flight": ("flight", "."),
    "spiral/framework": ("spiral", "public"),
    "leafs/leaf": ("leaf", "public"),
    "nette/application": ("nette", "www"),
    "phalcon/incubator": ("phalcon", "public"),
    "league/route": ("league-route", "public"),
    "api-platform/core": ("symfony", "public"),
    "fuel/core": ("fuelphp", "public"),
    "tempest/framework": ("tempest", "public"),
}
# A file that only this system has: (file, framework)
FILES = (
    ("wp-config-sample.php", "wordpress"),
    ("wp-load.php", "wordpress"),
    ("wp-login.php", "wordpress"),
    ("wp-config.php", "wordpress"),
    ("system/core/CodeIgniter.php", "codeigniter"),
    ("spark", "codeigniter"),
    ("core/lib/Drupal.php", "drupal"),
    ("configuration.php-dist", "joomla"),
    ("libraries/src/Version.php", "joomla"),
    ("includes/WebStart.php", "mediawiki"),
    ("bin/grav", "grav"),
    ("lib/Cake/Core/App.php", "cakephp"),
    ("flight/Flight.php", "flight"),
    ("base.php", "fat-free"),
    ("kirby/bootstrap.php", "kirby"),
    ("system/startup.php", "opencart"),
    ("classes/PrestaShopAutoload.php", "prestashop"),
    ("lib/moodlelib.php", "moodle"),
)


def detect(project: PhpProject) -> Match | None:
    """By package where a front page uses it, else by a file that only this system has."""
    for package, (framework, root) in PACKAGES.items():
        listed = project.packages.runtime(package)
        if listed and (project.page or framework in {"wordpress", "drupal"}):
            chosen = project.root if project.page else root
            return _match(project, framework, listed.where, chosen)
    if project.page:
        for path, framework in FILES:
            if path in project.tree and (
                path != "base.php" or "Base::instance" in (project.tree.text("index.php") or "")
            ):
                return _match(project, framework, path, project.root)
    return None


def _match(project: PhpProject, framework: str, where: str, root: str) -> Match:
    processes = {}
    if framework == "codeigniter" and any(
        path.startswith("app/Database/Migrations/2") for path in project.tree.paths
    ):
        processes["release"] = "php spark migrate"
    return Match(
        framework=framework,
        kind="web",
        rank=80,
        confidence=CERTAIN - 0.02,
        kind_confidence=0.96,
        evidence=tuple(item for item in (where, project.page) if item),
        start=project.serve(root),
        start_confidence=0.85,
        build=project.assets(),
        processes=processes,
        document_root=root,
        port=8000,
    )

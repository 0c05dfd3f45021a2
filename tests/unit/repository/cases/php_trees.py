# ruff: noqa: E501 - a tree a line, read sideways
"""PHP: frameworks, systems, plain pages, scripts, and where the documents are."""

from cases import case

LARAVEL = {
    "artisan": "#!/usr/bin/env php\n<?php\n", "public/index.php": "<?php\n", "bootstrap/app.php": "<?php return Application::configure()->withRouting(\n web: __DIR__.'/../routes/web.php',\n health: '/up',\n);",
    "routes/web.php": "<?php\nRoute::get('/', function () { return view('welcome'); });\n", "config/database.php": "<?php return ['default' => env('DB_CONNECTION', 'sqlite'), 'connections' => ['mysql' => ['driver' => 'mysql', 'url' => env('DB_URL')], 'pgsql' => ['driver' => 'pgsql']]];",
    "database/migrations/0001_create_users.php": "<?php",
}  # fmt: skip
NODE = {
    "package.json": '{"private":true,"type":"module","scripts":{"dev":"vite","build":"vite build"},"devDependencies":{"laravel-vite-plugin":"1","vite":"5"}}',
    "package-lock.json": "{}",
    "vite.config.js": "x",
}


def composer(**require):
    listed = ",".join(
        f'"{name.replace("__", "/").replace("_", "-")}":"{spec}"' for name, spec in require.items()
    )
    return f'{{"require":{{{listed}}}}}'


CASES = [
    case("laravel-11-vite", {**LARAVEL, **NODE, "composer.json": composer(php="^8.2", laravel__framework="^11.0"), ".env.example": "DB_CONNECTION=sqlite\nQUEUE_CONNECTION=database\nREDIS_HOST=127.0.0.1\nMAIL_HOST=127.0.0.1\n"},
         language="php", framework="laravel", kind="web", package_manager="composer", document_root="public", health_path="/up", needs=[], runtime_version="^8.2",
         build=["composer install --no-dev --optimize-autoloader --no-interaction", "npm ci", "npm run build"], processes={"release": "php artisan migrate --force", "web": "php artisan serve --host=0.0.0.0 --port=$PORT"}),
    case("laravel-10-postgres", {**LARAVEL, "bootstrap/app.php": "<?php $app = new Application();", "composer.json": composer(laravel__framework="^10.0"), ".env.example": "DB_CONNECTION=pgsql\nDB_HOST=\n"}, needs=["postgresql"], health_path="/"),
    case("laravel-redis-queue", {**LARAVEL, "composer.json": composer(laravel__framework="^11.0", laravel__horizon="^5"), ".env.example": "DB_CONNECTION=mysql\nQUEUE_CONNECTION=redis\nCACHE_STORE=redis\n"}, needs=["mysql", "redis"]),
    case("laravel-predis-unused", {**LARAVEL, "composer.json": composer(laravel__framework="^11.0", predis__predis="^2"), ".env.example": "DB_CONNECTION=pgsql\nQUEUE_CONNECTION=database\nCACHE_STORE=database\nREDIS_HOST=127.0.0.1\n"}, needs=["postgresql"], optional_needs=["redis"]),
    case("laravel-procfile", {**LARAVEL, "composer.json": composer(laravel__framework="^11.0"), "Procfile": "web: heroku-php-apache2 public/\n"}, start="php -S 0.0.0.0:$PORT -t public", framework="laravel"),
    case("laravel-package", {"composer.json": '{"name":"acme/tool","type":"library","require":{"laravel/framework":"^11.0"},"autoload":{"psr-4":{"Acme\\\\":"src/"}}}', "src/ToolServiceProvider.php": "<?php class P {}"}, kind="library", framework=None),
    case("lumen", {"composer.json": composer(laravel__lumen_framework="^10"), "artisan": "", "public/index.php": "<?php"}, framework="lumen", document_root="public", start="php -S 0.0.0.0:$PORT -t public"),
    case("symfony-demo-sqlite", {"composer.json": composer(php=">=8.2", symfony__framework_bundle="7.1.*", doctrine__doctrine_bundle="^2"), "public/index.php": "<?php", "bin/console": "", "src/Kernel.php": "<?php", "symfony.lock": "{}", ".env": "APP_ENV=dev\nDATABASE_URL=sqlite:///%kernel.project_dir%/data/database.sqlite\n"}, framework="symfony", needs=[], document_root="public"),
    case("symfony-migrations", {"composer.json": composer(symfony__framework_bundle="7.1.*", doctrine__doctrine_migrations_bundle="^3"), "public/index.php": "<?php", "bin/console": "", ".env": 'DATABASE_URL="mysql://app:x@127.0.0.1:3306/app?serverVersion=8"\n', "migrations/Version1.php": "<?php", "src/Controller/HealthController.php": "<?php class H { #[Route('/health', name: 'h')] public function h() {} }"}, needs=["mysql"], health_path="/health"),
    case("symfony-variables", {"composer.json": composer(symfony__framework_bundle="7.1.*", doctrine__doctrine_bundle="^2"), "public/index.php": "<?php", "bin/console": "", ".env": 'APP_ENV=dev\nAPP_SECRET=\nDATABASE_URL="postgresql://app:x@127.0.0.1:5432/app"\n', "config/packages/doctrine.yaml": "doctrine:\n  dbal:\n    url: '%env(resolve:DATABASE_URL)%'\n", "config/packages/framework.yaml": "framework:\n  secret: '%env(APP_SECRET)%'\n"}, needs=["postgresql"], need_variables={"postgresql": ("DATABASE_URL",)}),
    case("symfony-components-only", {"composer.json": composer(symfony__console="^7"), "console.php": "#!/usr/bin/env php\n<?php $app = new Application(); $app->run();"}, kind="cli", framework=None),
    case("slim-skeleton", {"composer.json": composer(slim__slim="^4"), "public/index.php": "<?php require __DIR__ . '/../vendor/autoload.php'; $app = AppFactory::create(); $app->run();", "app/routes.php": "<?php return function (App $app) { $app->get('/', function ($r) {}); };"}, framework="slim", kind="web", document_root="public", start="php -S 0.0.0.0:$PORT -t public", health_path="/"),
    case("heroku-php-started", {"composer.json": composer(slim__slim="^4", slim__twig_view="^3"), "web/index.php": "<?php $app->get('/', function () {});", "Procfile": "web: heroku-php-apache2 web/\n", "app.json": '{"name":"x"}'}, document_root="web", start="php -S 0.0.0.0:$PORT -t web", framework="slim"),
    case("codeigniter-4", {"composer.json": composer(codeigniter4__framework="^4"), "spark": "", "public/index.php": "<?php", "app/Config/App.php": "<?php"}, framework="codeigniter", document_root="public"),
    case("codeigniter-3", {"index.php": "<?php define('BASEPATH', 'system');", "system/core/CodeIgniter.php": "<?php", "application/config/database.php": "<?php $db['default'] = array('dbdriver' => 'mysqli');"}, framework="codeigniter", document_root="."),
    case("cakephp", {"composer.json": composer(cakephp__cakephp="5.0.*"), "webroot/index.php": "<?php", "index.php": "<?php require 'webroot/index.php';", "bin/cake.php": "<?php"}, framework="cakephp", kind="web"),
    case("yii2-basic", {"composer.json": composer(yiisoft__yii2="~2.0"), "web/index.php": "<?php", "yii": ""}, framework="yii", document_root="web"),
    case("bedrock", {"composer.json": '{"require":{"php":">=8.0","roots/wordpress":"6.5","vlucas/phpdotenv":"^5"},"extra":{"wordpress-install-dir":"web/wp"}}', "web/index.php": "<?php", "config/application.php": "<?php Config::define('DB_NAME', env('DB_NAME'));", ".env.example": "DB_NAME='database_name'\n"}, framework="wordpress", document_root="web"),
    case("drupal-recommended", {"composer.json": '{"require":{"drupal/core-recommended":"^10"},"extra":{"drupal-scaffold":{"locations":{"web-root":"web/"}}}}'}, framework="drupal", document_root="web", kind="web"),
    case("wordpress-classic", {"index.php": "<?php require 'wp-blog-header.php';", "wp-config-sample.php": "<?php define( 'DB_HOST', 'localhost' );", "wp-login.php": "<?php", "wp-includes/class-wpdb.php": "<?php $this->dbh = mysqli_init(); new mysqli();"}, framework="wordpress", needs=["mysql"], document_root="."),
    case("php-pages-with-mysqli", {"index.php": "<?php $db = new mysqli(getenv('DB_HOST'), getenv('DB_USER'), getenv('DB_PASS'));", "style.css": ""}, needs=["mysql"], kind="web", package_manager=None),
    case("php-pdo-pgsql", {"index.php": '<?php $db = new PDO("pgsql:host=" . getenv("DB_HOST"));'}, needs=["postgresql"]),
    case("php-page-beside-html", {"index.php": "<?php include 'header.html'; ?>", "about.html": "<html>"}, language="php", kind="web", framework=None),
    case("php-script", {"hello.php": '<?php\necho "hi\\n";'}, kind="cli", start="php hello.php"),
    case("php-shell-index", {"index.php": "#!/usr/bin/env php\n<?php\n$name = $argv[1];\necho $name;"}, kind="cli"),
    case("php-slim-listed-but-prints", {"composer.json": composer(slim__slim="^4"), "main.php": "<?php echo 'x';"}, kind="cli", framework=None, start="php main.php"),
    case("php-library", {"composer.json": '{"name":"a/b","type":"library","autoload":{"psr-4":{"A\\\\":"src/"}}}', "src/A.php": "<?php class A {}"}, kind="library", start=None),
    case("reactphp", {"composer.json": composer(react__http="^1.9"), "server.php": "<?php $http = new React\\Http\\HttpServer(function ($r) {}); $http->listen(new React\\Socket\\SocketServer('0.0.0.0:' . getenv('PORT')));"}, framework="reactphp", kind="web", start="php server.php"),
    case("composer-only-for-heroku", {"composer.json": "{}", "index.php": "<?php include_once('home.html'); ?>", "home.html": "<html>"}, language="php", kind="web", package_manager="composer", framework=None),
    case("php-lock-platform", {"composer.json": '{"config":{"platform":{"php":"8.1.2"}},"require":{"slim/slim":"4"}}', "public/index.php": "<?php"}, runtime_version="8.1.2"),
    case("broken-composer", {"composer.json": '{"require": {', "index.php": "<?php"}, language="php", kind="web", package_manager="composer"),
]  # fmt: skip

# ruff: noqa: E501 - a tree a line, read sideways
"""PHP: frameworks, plain files, content systems."""

from cases import DISK, case, either

PHP = {"language": "php", "kind": "web"}
ARTISAN = "#!/usr/bin/env php\n<?php\ndefine('LARAVEL_START', microtime(true));\nrequire __DIR__.'/vendor/autoload.php';\n"
INDEX = "<?php\nrequire __DIR__.'/../vendor/autoload.php';\n$app = require_once __DIR__.'/../bootstrap/app.php';\n$app->handleRequest();\n"


def laravel(env, require='"php": "^8.2", "laravel/framework": "^11.0"', database=None, **more):
    return {
        "artisan": ARTISAN,
        "public/index.php": INDEX,
        "bootstrap/app.php": "<?php\nreturn Application::configure(basePath: dirname(__DIR__))->withRouting(web: __DIR__.'/../routes/web.php', health: '/up')->create();\n",
        "routes/web.php": "<?php\nuse Illuminate\\Support\\Facades\\Route;\nRoute::get('/', function () {\n    return view('welcome');\n});\n",
        "composer.json": '{"name": "laravel/laravel", "type": "project", "require": {'
        + require
        + '}, "require-dev": {"phpunit/phpunit": "^11"}}',
        "composer.lock": '{"packages": [{"name": "laravel/framework", "version": "v11.0.0"}]}',
        ".env.example": env,
        "resources/views/welcome.blade.php": "hi",
        "config/database.php": database
        or "<?php\nreturn [\n 'default' => env('DB_CONNECTION', 'sqlite'),\n 'connections' => [\n  'sqlite' => ['driver' => 'sqlite', 'url' => env('DB_URL'), 'database' => env('DB_DATABASE', database_path('database.sqlite'))],\n  'mysql' => ['driver' => 'mysql', 'host' => env('DB_HOST', '127.0.0.1')],\n  'pgsql' => ['driver' => 'pgsql', 'host' => env('DB_HOST', '127.0.0.1')],\n ],\n 'redis' => ['client' => env('REDIS_CLIENT', 'phpredis'), 'default' => ['host' => env('REDIS_HOST', '127.0.0.1')]],\n];\n",
        **more,
    }


BASE = "APP_NAME=Laravel\nAPP_KEY=\nAPP_URL=http://localhost\n"

CASES = [
    case("a-php-hello", {"index.php": "<?php\necho 'Hello, PHP!';\n"}, **PHP, framework=None, package_manager=None, document_root=either(".", "", None), needs=[], health_path="/"),
    case("a-php-phpinfo-composer-empty", {"composer.json": "{}", "web/index.php": "<?php phpinfo();\n", "Procfile": "web: heroku-php-apache2 web/\n"},
         **PHP, package_manager="composer", document_root="web", needs=[]),
    case("a-php-mysqli-crud", {
        "index.php": "<?php include 'config.php';\n$r = mysqli_query($conn, 'SELECT * FROM users');\n?><html><body><table></table></body></html>", "config.php": "<?php\n$host = getenv('DB_HOST') ?: 'localhost';\n$conn = mysqli_connect($host, getenv('DB_USER'), getenv('DB_PASS'), getenv('DB_NAME'));\nif (!$conn) { die('Connection failed'); }\n", "add.php": "<?php include 'config.php';\n", "database.sql": "CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY);\n", "css/style.css": "a{}"},
         **PHP, framework=None, package_manager=None, needs=["mysql"], optional_needs=[]),
    case("a-php-mysqli-hardcoded", {
        "login.php": "<?php session_start();\nrequire 'includes/db.php';\n", "index.php": "<?php require 'includes/db.php';\n$q = $db->query('select * from posts');\n", "includes/db.php": "<?php\n$db = new mysqli('localhost', 'root', '', 'blog');\n", "sql/blog.sql": "-- phpMyAdmin SQL Dump\nCREATE TABLE `posts` (`id` int(11) NOT NULL) ENGINE=InnoDB;\n", "assets/app.js": "x"},
         **PHP, needs=["mysql"], optional_needs=[], document_root=either(".", "", None)),
    case("a-php-pdo-pgsql", {
        "composer.json": '{"require": {"php": ">=8.1", "ext-pdo_pgsql": "*"}}', "composer.lock": '{"packages": []}', "public/index.php": "<?php\n$url = parse_url(getenv('DATABASE_URL'));\n$pdo = new PDO(sprintf('pgsql:host=%s;dbname=%s', $url['host'], ltrim($url['path'], '/')), $url['user'], $url['pass']);\necho $pdo->query('select version()')->fetchColumn();\n"},
         **PHP, framework=None, package_manager="composer", document_root="public", needs=["postgresql"], runtime_version=">=8.1"),
    case("a-laravel11-sqlite", laravel(BASE + "DB_CONNECTION=sqlite\n# DB_HOST=127.0.0.1\n# DB_PORT=3306\nSESSION_DRIVER=database\nQUEUE_CONNECTION=database\nCACHE_STORE=database\nREDIS_HOST=127.0.0.1\nREDIS_PORT=6379\nMAIL_MAILER=log\nMAIL_HOST=127.0.0.1\n", **{"package.json": '{"private": true, "type": "module", "scripts": {"dev": "vite", "build": "vite build"}, "devDependencies": {"vite": "^5", "laravel-vite-plugin": "^1", "axios": "1"}}', "vite.config.js": "import laravel from 'laravel-vite-plugin'\n", "resources/js/app.js": "import './bootstrap'\n"}),
         **PHP, framework="laravel", package_manager="composer", document_root="public", needs=DISK, runtime_version="^8.2", health_path=either("/up", "/")),
    case("a-laravel9-mysql", laravel(BASE + "DB_CONNECTION=mysql\nDB_HOST=127.0.0.1\nDB_PORT=3306\nDB_DATABASE=laravel\nDB_USERNAME=root\nDB_PASSWORD=\nCACHE_DRIVER=file\nQUEUE_CONNECTION=sync\nSESSION_DRIVER=file\nREDIS_HOST=127.0.0.1\nMAIL_MAILER=smtp\nMAIL_HOST=mailpit\nAWS_BUCKET=\n", '"php": "^8.0.2", "laravel/framework": "^9.19"', "<?php\nreturn ['default' => env('DB_CONNECTION', 'mysql'), 'connections' => ['sqlite' => ['driver' => 'sqlite'], 'mysql' => ['driver' => 'mysql', 'host' => env('DB_HOST', '127.0.0.1')], 'pgsql' => ['driver' => 'pgsql']], 'redis' => []];\n"),
         **PHP, framework="laravel", package_manager="composer", document_root="public", needs=either(["mysql"], ["mysql", "persistent-disk"])),
    case("a-laravel-horizon-pg", laravel(BASE + "DB_CONNECTION=pgsql\nDB_HOST=pgsql\nDB_PORT=5432\nDB_DATABASE=app\nCACHE_DRIVER=redis\nQUEUE_CONNECTION=redis\nSESSION_DRIVER=redis\nREDIS_HOST=redis\nREDIS_PORT=6379\nMAIL_MAILER=log\n", '"php": "^8.1", "laravel/framework": "^10.0", "laravel/horizon": "^5.0", "predis/predis": "^2.0"', **{"app/Jobs/Send.php": "<?php\nclass Send implements ShouldQueue {}\n", "docker-compose.yml": "services:\n  laravel.test:\n    build: ./vendor/laravel/sail/runtimes/8.2\n  pgsql:\n    image: postgres:15\n  redis:\n    image: redis:alpine\n"}),
         **PHP, framework="laravel", document_root="public", needs=either(["postgresql", "redis"], ["redis", "postgresql"])),
    case("a-symfony-doctrine-pg", {
        "composer.json": '{"type": "project", "require": {"php": ">=8.2", "ext-ctype": "*", "symfony/framework-bundle": "7.1.*", "doctrine/orm": "^3", "doctrine/doctrine-bundle": "^2", "symfony/runtime": "7.1.*", "symfony/mailer": "7.1.*"}}', "composer.lock": '{"packages": [{"name": "symfony/framework-bundle", "version": "v7.1.0"}]}', "symfony.lock": "{}", "bin/console": "#!/usr/bin/env php\n<?php\nuse App\\Kernel;\n", "public/index.php": "<?php\nuse App\\Kernel;\nrequire_once dirname(__DIR__).'/vendor/autoload_runtime.php';\nreturn fn (array $context) => new Kernel($context['APP_ENV'], (bool) $context['APP_DEBUG']);\n",
        ".env": "APP_ENV=dev\nAPP_SECRET=abc\nDATABASE_URL=\"postgresql://app:!ChangeMe!@127.0.0.1:5432/app?serverVersion=16&charset=utf8\"\nMAILER_DSN=null://null\n", "config/packages/doctrine.yaml": "doctrine:\n    dbal:\n        url: '%env(resolve:DATABASE_URL)%'\n", "src/Kernel.php": "<?php\n", "src/Controller/HomeController.php": "<?php\nclass HomeController extends AbstractController {\n    #[Route('/', name: 'home')]\n    public function index(): Response {}\n}\n"},
         **PHP, framework="symfony", package_manager="composer", document_root="public", needs=["postgresql"]),
    case("a-symfony-sqlite-demo", {
        "composer.json": '{"type": "project", "require": {"php": ">=8.2", "ext-pdo_sqlite": "*", "symfony/framework-bundle": "^7", "doctrine/orm": "^3", "doctrine/doctrine-bundle": "^2"}}', "bin/console": "#!/usr/bin/env php\n", "public/index.php": "<?php\nuse App\\Kernel;\n", ".env": "APP_ENV=dev\nAPP_SECRET=x\nDATABASE_URL=sqlite:///%kernel.project_dir%/data/database.sqlite\nMAILER_DSN=smtp://localhost\n", "config/packages/doctrine.yaml": "doctrine:\n    dbal:\n        url: '%env(resolve:DATABASE_URL)%'\n", "src/Kernel.php": "<?php\n"},
         **PHP, framework="symfony", document_root="public", needs=DISK),
    case("a-slim4", {
        "composer.json": '{"require": {"slim/slim": "4.*", "slim/psr7": "^1.6", "php": "^8.0"}}', "composer.lock": '{"packages": [{"name": "slim/slim", "version": "4.12"}]}', "public/index.php": "<?php\nuse Slim\\Factory\\AppFactory;\nrequire __DIR__ . '/../vendor/autoload.php';\n$app = AppFactory::create();\n$app->get('/', function ($request, $response) {\n    $response->getBody()->write('Hello');\n    return $response;\n});\n$app->run();\n"},
         **PHP, framework="slim", package_manager="composer", document_root="public", needs=[], health_path="/"),
    case("a-slim-root-index-mongo", {
        "composer.json": '{"require": {"slim/slim": "^4", "mongodb/mongodb": "^1.15"}}', "index.php": "<?php\nrequire 'vendor/autoload.php';\n$app = Slim\\Factory\\AppFactory::create();\n$client = new MongoDB\\Client(getenv('MONGODB_URI'));\n$app->get('/items', function ($q, $r) use ($client) { return $r; });\n$app->run();\n"},
         **PHP, framework="slim", document_root=either(".", "", None), needs=["mongodb"]),
    case("a-lumen", {
        "artisan": ARTISAN, "composer.json": '{"name": "laravel/lumen", "require": {"php": "^8.0", "laravel/lumen-framework": "^10.0"}}', "public/index.php": "<?php\n$app = require __DIR__.'/../bootstrap/app.php';\n$app->run();\n", "bootstrap/app.php": "<?php\n$app = new Laravel\\Lumen\\Application(dirname(__DIR__));\nreturn $app;\n", "routes/web.php": "<?php\n$router->get('/', function () use ($router) {\n    return $router->app->version();\n});\n", ".env.example": "APP_NAME=Lumen\nDB_CONNECTION=mysql\nDB_HOST=127.0.0.1\nDB_DATABASE=homestead\nCACHE_DRIVER=file\nQUEUE_CONNECTION=sync\n"},
         **PHP, framework="lumen", package_manager="composer", document_root="public"),
    case("a-codeigniter4", {
        "composer.json": '{"name": "codeigniter4/appstarter", "type": "project", "require": {"php": "^8.1", "codeigniter4/framework": "^4.0"}}', "spark": "#!/usr/bin/env php\n<?php\n", "public/index.php": "<?php\nrequire FCPATH . '../app/Config/Paths.php';\n", "app/Config/Database.php": "<?php\nclass Database extends Config {\n public array $default = ['hostname' => 'localhost', 'username' => '', 'DBDriver' => 'MySQLi'];\n}\n", "app/Controllers/Home.php": "<?php\nclass Home extends BaseController { public function index(): string { return view('welcome_message'); } }\n", "env": "# CI_ENVIRONMENT = production\n# database.default.hostname = localhost\n", "writable/.gitkeep": ""},
         **PHP, framework="codeigniter", package_manager="composer", document_root="public"),
    case("a-codeigniter3-vendored", {
        "index.php": "<?php\n$system_path = 'system';\n$application_folder = 'application';\nrequire_once BASEPATH.'core/CodeIgniter.php';\n", "system/core/CodeIgniter.php": "<?php\nconst CI_VERSION = '3.1.11';\n", "application/config/database.php": "<?php\n$db['default'] = array('hostname' => 'localhost', 'username' => 'root', 'password' => '', 'database' => 'pos', 'dbdriver' => 'mysqli');\n", "application/config/autoload.php": "<?php\n$autoload['libraries'] = array('database', 'session');\n", "application/controllers/Welcome.php": "<?php\nclass Welcome extends CI_Controller { public function index() { $this->load->view('welcome'); } }\n", "composer.json": '{"name": "codeigniter/framework", "type": "project", "require": {"php": ">=5.3.7"}}'},
         **PHP, framework="codeigniter", needs=["mysql"], document_root=either(".", "", None)),
    case("a-cakephp", {
        "composer.json": '{"name": "cakephp/app", "type": "project", "require": {"php": ">=8.1", "cakephp/cakephp": "^5.0", "cakephp/migrations": "^4.0", "mobiledetect/mobiledetectlib": "^4"}}', "bin/cake": "#!/usr/bin/env sh\n", "webroot/index.php": "<?php\nuse App\\Application;\nuse Cake\\Http\\Server;\n", "index.php": "<?php\nrequire 'webroot/index.php';\n", "config/app.php": "<?php\nreturn ['Datasources' => ['default' => ['className' => Connection::class, 'driver' => Mysql::class]]];\n", "config/app_local.example.php": "<?php\nreturn ['Datasources' => ['default' => ['host' => 'localhost', 'username' => 'my_app', 'url' => env('DATABASE_URL', null)]]];\n", "src/Application.php": "<?php\n", "config/Migrations/1_Articles.php": "<?php\n", "src/Model/Table/ArticlesTable.php": "<?php\n"},
         **PHP, framework="cakephp", package_manager="composer", document_root="webroot", needs=["mysql"]),
    case("a-yii2-basic", {
        "composer.json": '{"name": "yiisoft/yii2-app-basic", "type": "project", "require": {"php": ">=7.4", "yiisoft/yii2": "~2.0.45"}}', "yii": "#!/usr/bin/env php\n", "web/index.php": "<?php\nrequire __DIR__ . '/../vendor/yiisoft/yii2/Yii.php';\n(new yii\\web\\Application(require __DIR__ . '/../config/web.php'))->run();\n", "config/web.php": "<?php\n$db = require __DIR__ . '/db.php';\nreturn ['id' => 'basic', 'components' => ['db' => $db]];\n", "config/db.php": "<?php\nreturn ['class' => 'yii\\db\\Connection', 'dsn' => 'mysql:host=localhost;dbname=yii2basic', 'username' => 'root', 'password' => ''];\n", "models/User.php": "<?php\nclass User extends \\yii\\db\\ActiveRecord {}\n"},
         **PHP, framework=either("yii", "yii2"), package_manager="composer", document_root="web", needs=["mysql"]),
    case("a-wordpress", {
        "index.php": "<?php\ndefine('WP_USE_THEMES', true);\nrequire __DIR__ . '/wp-blog-header.php';\n", "wp-config-sample.php": "<?php\ndefine( 'DB_NAME', 'database_name_here' );\ndefine( 'DB_HOST', 'localhost' );\n", "wp-blog-header.php": "<?php\n", "wp-settings.php": "<?php\n", "wp-load.php": "<?php\n", "wp-includes/version.php": "<?php\n$wp_version = '6.5';\n", "wp-admin/index.php": "<?php\n", "wp-content/themes/t/style.css": "/* Theme Name: T */"},
         **PHP, framework="wordpress", package_manager=None, needs=either(["mysql"], ["mysql", "persistent-disk"]), document_root=either(".", "", None)),
    case("a-bedrock", {
        "composer.json": '{"name": "roots/bedrock", "type": "project", "require": {"php": ">=8.1", "composer/installers": "^2.2", "vlucas/phpdotenv": "^5.5", "roots/wordpress": "6.5", "roots/wp-config": "1.0.0"}, "extra": {"wordpress-install-dir": "web/wp"}}', "web/index.php": "<?php\ndefine('WP_USE_THEMES', true);\nrequire __DIR__ . '/wp/wp-blog-header.php';\n", "web/wp-config.php": "<?php\nrequire_once dirname(__DIR__) . '/config/application.php';\n", "config/application.php": "<?php\n$dotenv->required(['DB_NAME', 'DB_USER', 'DB_PASSWORD']);\nConfig::define('DB_NAME', env('DB_NAME'));\n", ".env.example": "DB_NAME='database_name'\nDB_USER='database_user'\nDB_PASSWORD='x'\nWP_ENV='development'\nWP_HOME='http://example.com'\n"},
         **PHP, framework="wordpress", package_manager="composer", document_root="web", needs=either(["mysql"], ["mysql", "persistent-disk"])),
    case("a-php-library", {
        "composer.json": '{"name": "acme/money", "type": "library", "require": {"php": "^8.1"}, "require-dev": {"phpunit/phpunit": "^10", "laravel/framework": "^10"}, "autoload": {"psr-4": {"Acme\\\\Money\\\\": "src/"}}}', "src/Money.php": "<?php\nnamespace Acme\\Money;\nfinal class Money {}\n", "tests/MoneyTest.php": "<?php\n", "phpunit.xml.dist": "<phpunit/>"},
         language="php", kind="library", framework=None, package_manager="composer", needs=[], start=None),
    case("a-php-console", {
        "composer.json": '{"name": "acme/tool", "require": {"symfony/console": "^6.0"}, "bin": ["bin/tool"], "autoload": {"psr-4": {"Acme\\\\": "src/"}}}', "bin/tool": "#!/usr/bin/env php\n<?php\nrequire __DIR__ . '/../vendor/autoload.php';\nuse Symfony\\Component\\Console\\Application;\n$app = new Application();\n$app->run();\n", "src/Command/Hi.php": "<?php\n"},
         language="php", kind="cli", framework=either(None, "symfony-console"), package_manager="composer", needs=[]),
    case("a-drupal", {
        "composer.json": '{"name": "drupal/recommended-project", "type": "project", "require": {"composer/installers": "^2.0", "drupal/core-composer-scaffold": "^10", "drupal/core-recommended": "^10"}, "extra": {"drupal-scaffold": {"locations": {"web-root": "web/"}}}}', "composer.lock": '{"packages": [{"name": "drupal/core", "version": "10.2"}]}', "web/modules/custom/x/x.info.yml": "name: x\n", "config/sync/.gitkeep": ""},
         **PHP, framework="drupal", package_manager="composer", document_root="web"),
    case("a-php-contact-phpmailer", {
        "index.html": "<form action=contact.php method=post></form>", "contact.php": "<?php\nuse PHPMailer\\PHPMailer\\PHPMailer;\nrequire 'vendor/autoload.php';\n$mail = new PHPMailer(true);\n$mail->isSMTP();\n$mail->Host = getenv('SMTP_HOST');\n$mail->Username = getenv('SMTP_USER');\n$mail->send();\n", "composer.json": '{"require": {"phpmailer/phpmailer": "^6.8"}}', "style.css": "x"},
         **PHP, framework=None, package_manager="composer", needs=either([], ["smtp"]), document_root=either(".", "", None)),
    case("a-php-apache-docker", {
        "Dockerfile": "FROM php:8.2-apache\nRUN docker-php-ext-install mysqli pdo pdo_mysql\nCOPY src/ /var/www/html/\n", "src/index.php": "<?php\n$pdo = new PDO('mysql:host=' . $_ENV['MYSQL_HOST'] . ';dbname=' . $_ENV['MYSQL_DATABASE'], $_ENV['MYSQL_USER'], $_ENV['MYSQL_PASSWORD']);\necho 'ok';\n", "docker-compose.yml": "services:\n  www:\n    build: .\n    ports: ['8001:80']\n  db:\n    image: mariadb:10\n  phpmyadmin:\n    image: phpmyadmin\n"},
         **PHP, framework=None, needs=["mysql"], document_root="src"),
    case("a-php-symfony-webroot-vite", {
        "composer.json": '{"require": {"php": "^8.2", "inertiajs/inertia-laravel": "^1", "laravel/framework": "^11"}}', "artisan": ARTISAN, "public/index.php": INDEX, "package.json": '{"scripts": {"build": "vite build && vite build --ssr"}, "dependencies": {"vue": "3"}, "devDependencies": {"vite": "5", "@inertiajs/vue3": "1"}}', "yarn.lock": "# yarn lockfile v1\n", ".env.example": BASE + "DB_CONNECTION=pgsql\nDB_HOST=127.0.0.1\nSESSION_DRIVER=file\nCACHE_STORE=file\nQUEUE_CONNECTION=sync\n", "resources/js/Pages/Home.vue": "<template/>", "routes/web.php": "<?php\nRoute::get('/', fn () => Inertia::render('Home'));\n"},
         **PHP, framework="laravel", package_manager="composer", document_root="public", needs=either(["postgresql"], ["persistent-disk", "postgresql"])),
    case("a-php-fat-free-public-html", {
        "composer.json": '{"require": {"bcosca/fatfree-core": "^3.8"}}', "public_html/index.php": "<?php\nrequire __DIR__.'/../vendor/autoload.php';\n$f3 = \\Base::instance();\n$f3->route('GET /', function () { echo 'hi'; });\n$f3->run();\n"},
         **PHP, package_manager="composer", document_root="public_html", needs=[]),
]  # fmt: skip

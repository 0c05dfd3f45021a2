<?php

declare(strict_types=1);

use Suggestions\Box;
use Suggestions\Database;

require __DIR__ . '/../vendor/autoload.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$method = $_SERVER['REQUEST_METHOD'];

if ($path === '/health') {
    header('Content-Type: text/plain');
    echo "ok\n";
    return;
}

session_start();
$_SESSION['token'] ??= bin2hex(random_bytes(16));
$box = new Box(Database::connect());

if ($method === 'POST') {
    if (!hash_equals($_SESSION['token'], (string) ($_POST['token'] ?? ''))) {
        http_response_code(403);
        echo 'This form is too old: reload the page.';
        return;
    }
    match (true) {
        $path === '/suggestions' => $box->add((string) ($_POST['text'] ?? '')),
        preg_match('#^/suggestions/(\d+)/vote$#', $path, $found) === 1 => $box->vote((int) $found[1]),
        default => http_response_code(404),
    };
    header('Location: /', response_code: 303);
    return;
}

if ($path !== '/') {
    http_response_code(404);
}

$suggestions = $path === '/' ? $box->all() : [];
require __DIR__ . '/../templates/page.php';

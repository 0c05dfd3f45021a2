<?php

declare(strict_types=1);

// Runs the migrations that the database has not seen, in the order of their names.

use Suggestions\Database;

require __DIR__ . '/../vendor/autoload.php';

$database = Database::connect();
$database->exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)');
$done = $database->query('SELECT name FROM migrations')->fetchAll(PDO::FETCH_COLUMN);

foreach (glob(__DIR__ . '/../migrations/*.sql') as $file) {
    $name = basename($file);
    if (in_array($name, $done, true)) {
        continue;
    }
    $database->beginTransaction();
    $database->exec(file_get_contents($file));
    $database->prepare('INSERT INTO migrations (name) VALUES (?)')->execute([$name]);
    $database->commit();
    echo "ran {$name}\n";
}

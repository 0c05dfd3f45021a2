<?php

declare(strict_types=1);

namespace Suggestions;

use PDO;
use RuntimeException;

/** The connection that DATABASE_URL names. */
final class Database
{
    public static function connect(): PDO
    {
        $url = getenv('DATABASE_URL') ?: throw new RuntimeException('DATABASE_URL is not set');
        $parts = parse_url($url);
        parse_str($parts['query'] ?? '', $options);
        $dsn = sprintf(
            'pgsql:host=%s;port=%d;dbname=%s;sslmode=%s',
            $parts['host'],
            $parts['port'] ?? 5432,
            rawurldecode(ltrim($parts['path'] ?? '', '/')),
            $options['sslmode'] ?? 'prefer',
        );

        return new PDO(
            $dsn,
            rawurldecode($parts['user'] ?? ''),
            rawurldecode($parts['pass'] ?? ''),
            [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC],
        );
    }
}
